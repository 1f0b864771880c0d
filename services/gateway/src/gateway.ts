import type { Client } from '@benchwire/shared/client/client.ts';
import type { GivenName } from '@benchwire/shared/contracts/given-name.ts';
import type { RepositoryPatterns } from '@benchwire/shared/contracts/http.ts';
import type { LoadedPlugin } from '@benchwire/shared/plugins/plugin-host.ts';
import type { ArtifactStore } from '@benchwire/shared/runtime/artifact-store.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { Fleet } from './adapters/fleet.ts';
import type { PdfPrinter } from './adapters/pdf-printer.ts';
import type { SavedValues } from './adapters/saved-values.ts';
import type { Snapshots } from './adapters/snapshots.ts';
import type { WatchedBucket } from './adapters/watched-bucket.ts';
import type { WrittenTasks } from './adapters/written-tasks.ts';
import type { Authenticator } from './auth/authenticator.ts';
import type { Tickets } from './auth/tickets.ts';
import type { OpenSockets } from './live/open-sockets.ts';
import type { SharedTopics } from './live/shared-topics.ts';
import type { Provider } from './oidc/provider.ts';
import type { RateLimits } from './rate-limits.ts';

/** What the routes work with. */
export interface Gateway {
  client: Client;
  jetstream: JetStreamClient;
  /** Files of requests, by hash. */
  files: ArtifactStore;
  auth: Authenticator;
  tickets: Tickets;
  fleet: Fleet;
  topics: SharedTopics;
  written: WrittenTasks;
  saved: SavedValues;
  /** Pages with the data that they showed. */
  snapshots: Snapshots;
  /** Of workers and pools, as people gave them. */
  names: WatchedBucket<GivenName>;
  /** Formats of other tools that plug-ins read. */
  import_plugins: readonly LoadedPlugin[];
  /** Prints reports. */
  pdf: PdfPrinter;
  limits: RateLimits;
  sockets: OpenSockets;
  log: Log;
  /** Browsers reach this over TLS, here or at a proxy: cookies go only that way. */
  secure: boolean;
  /** Where people reach this page, where its operator says it. */
  dashboard_origin: string | undefined;
  /** Signs people in, where one is configured. */
  provider: Provider | undefined;
  repository: RepositoryPatterns;
  /** Of the session's cookie. */
  cookie_name: string;
}
