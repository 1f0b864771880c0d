import { GIVEN_NAMES_BUCKET, givenName } from '@benchwire/shared/contracts/given-name.ts';
import {
  API_KEYS_BUCKET,
  apiKey,
  SAVED_BUCKET,
  SESSION_TTL_MS,
  SESSIONS_BUCKET,
  SIGN_IN_LINKS_BUCKET,
  storedSession,
  TICKET_TTL_MS,
  TICKETS_BUCKET,
} from '@benchwire/shared/contracts/http.ts';
import { SNAPSHOT_DATA_BUCKET, SNAPSHOTS_BUCKET, storedSnapshot } from '@benchwire/shared/contracts/snapshot.ts';
import { servicePlugins } from '@benchwire/shared/plugins/service-plugins.ts';
import { ArtifactStore, ensureArtifacts } from '@benchwire/shared/runtime/artifact-store.ts';
import { runService } from '@benchwire/shared/runtime/service.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { BriefClient } from './adapters/brief-client.ts';
import { Fleet } from './adapters/fleet.ts';
import { PdfPrinter } from './adapters/pdf-printer.ts';
import { SavedValues } from './adapters/saved-values.ts';
import { Snapshots } from './adapters/snapshots.ts';
import { WatchedBucket } from './adapters/watched-bucket.ts';
import { WrittenTasks } from './adapters/written-tasks.ts';
import { answerAddress } from './answer-address.ts';
import { Authenticator } from './auth/authenticator.ts';
import { sessionCookieName } from './auth/session-cookie.ts';
import { SignInLinks } from './auth/sign-in-link.ts';
import { Tickets } from './auth/tickets.ts';
import { tokenVerifier } from './auth/tokens.ts';
import { gatewayConfig, repositoryPatternsOf } from './config.ts';
import { OpenSockets } from './live/open-sockets.ts';
import { SharedTopics } from './live/shared-topics.ts';
import { createSignIn } from './oidc/create-sign-in.ts';
import { RateLimits } from './rate-limits.ts';
import { startServer } from './server.ts';

await runService({
  name: 'gateway',
  config: gatewayConfig,
  start: async (context) => {
    const { config, log, nats, jetstream, manager, http, scope } = context;
    const { NATS_REPLICAS: replicas } = config;
    const parts = { nats, client: jetstream, manager, log };
    const keys = new WatchedBucket({
      ...{ bucket: await openBucket(nats, API_KEYS_BUCKET, replicas), name: API_KEYS_BUCKET, schema: apiKey, ...parts },
    });
    const sessions = new WatchedBucket({
      bucket: await openBucket(nats, SESSIONS_BUCKET, replicas, SESSION_TTL_MS),
      ...{ name: SESSIONS_BUCKET, schema: storedSession, ...parts },
      // What versions before 0.4 noted of sign-in links.
      is_entry: (key) => !key.startsWith('used-'),
    });
    const names = new WatchedBucket({
      ...{ bucket: await openBucket(nats, GIVEN_NAMES_BUCKET, replicas), name: GIVEN_NAMES_BUCKET, schema: givenName },
      ...parts,
    });
    const facts = new WatchedBucket({
      ...{ bucket: await openBucket(nats, SNAPSHOTS_BUCKET, replicas), name: SNAPSHOTS_BUCKET, schema: storedSnapshot },
      ...parts,
    });
    for (const each of [keys, sessions, names, facts]) {
      await each.start();
      scope.add('bucket', () => each.stop());
    }
    const fleet = new Fleet();
    fleet.start(nats);
    const { BENCHWIRE_API_KEY: own_key, BENCHWIRE_SIGN_IN_TOKEN: token } = config;
    const links = await openBucket(nats, SIGN_IN_LINKS_BUCKET, replicas);
    const sign_in_links = new SignInLinks(links);
    if (token !== undefined) await sign_in_links.note(token);
    const auth = new Authenticator({
      keys,
      sessions,
      verifyToken: await tokenVerifier(config),
      own_key,
      sign_in_links,
    });
    const tickets = new Tickets(await openBucket(nats, TICKETS_BUCKET, replicas, 2 * TICKET_TTL_MS));
    const saved = new SavedValues({ bucket: await openBucket(nats, SAVED_BUCKET, replicas), ...parts });
    await saved.start();
    scope.add('saved', () => saved.stop());
    const snapshots = new Snapshots({
      ...{ facts, data: await openBucket(nats, SNAPSHOT_DATA_BUCKET, replicas) },
      // Where the server has not said how much a message holds, NATS' own default.
      max_bytes: () => nats.info?.max_payload ?? 1_048_576,
    });
    const limits = new RateLimits({
      per_caller: config.RATE_LIMIT_PER_MINUTE,
      per_address: config.ADDRESS_LIMIT_PER_MINUTE,
      failures_per_address: config.FAILURE_LIMIT_PER_MINUTE,
    });
    const sockets = new OpenSockets(auth, limits);
    sockets.start();
    scope.add('sockets', () => sockets.stop());
    const secure = config.HTTP_TLS_CERT_FILE !== undefined || config.TRUST_PROXY !== false;
    const cookie_name = sessionCookieName(secure, http.port);
    const client = new BriefClient(nats);
    const topics = new SharedTopics(client, manager);
    const written = new WrittenTasks(client);
    const store_bytes = config.NATS_STORE_MB === undefined ? undefined : config.NATS_STORE_MB * 1e6;
    await ensureArtifacts(nats, { replicas, store_bytes });
    const reading = {
      client,
      topics,
      written,
      jetstream,
      fleet,
      saved,
      snapshots,
      names,
      files: new ArtifactStore(manager),
    };
    const pdf = new PdfPrinter(config.BENCHWIRE_CHROMIUM);
    const signIn = await createSignIn(config, nats, log);
    const { provider } = signIn ?? {};
    const dashboard_origin = config.DASHBOARD_URL === undefined ? undefined : new URL(config.DASHBOARD_URL).origin;
    const guard = { auth, tickets, limits, sockets, secure, cookie_name, dashboard_origin, provider };
    const { plugins: import_plugins } = await servicePlugins(context, 'import_format');
    const gateway = { ...reading, ...guard, pdf, log, import_plugins, repository: repositoryPatternsOf(config) };
    const address = answerAddress({ nats, jetstream, log, url: config.DASHBOARD_URL });
    scope.add('address', () => address.stop());
    const server = await startServer(gateway, { config, http, signIn });
    scope.add('server', () => server.close());
  },
});
