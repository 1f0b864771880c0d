import type { Client } from '@benchwire/shared/client/client.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { Fleet } from './adapters/fleet.ts';
import type { WrittenTasks } from './adapters/written-tasks.ts';
import type { Authenticator } from './auth/authenticator.ts';
import type { SharedTopics } from './live/shared-topics.ts';

/** What the routes work with. */
export interface Gateway {
  client: Client;
  jetstream: JetStreamClient;
  auth: Authenticator;
  fleet: Fleet;
  topics: SharedTopics;
  written: WrittenTasks;
  saved: KV;
  log: Log;
  /** Cookies only over TLS. */
  secure: boolean;
}
