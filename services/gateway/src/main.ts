import {
  API_KEYS_BUCKET,
  apiKey,
  SAVED_BUCKET,
  SESSION_TTL_MS,
  SESSIONS_BUCKET,
  storedSession,
} from '@benchwire/shared/contracts/http.ts';
import { runService } from '@benchwire/shared/runtime/service.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { BriefClient } from './adapters/brief-client.ts';
import { Fleet } from './adapters/fleet.ts';
import { WatchedBucket } from './adapters/watched-bucket.ts';
import { WrittenTasks } from './adapters/written-tasks.ts';
import { Authenticator, USED_LINK } from './auth/authenticator.ts';
import { tokenVerifier } from './auth/tokens.ts';
import { gatewayConfig } from './config.ts';
import { SharedTopics } from './live/shared-topics.ts';
import { startServer } from './server.ts';

await runService({
  name: 'gateway',
  config: gatewayConfig,
  start: async ({ config, log, nats, jetstream, manager, http, scope }) => {
    const { NATS_REPLICAS: replicas } = config;
    const parts = { client: jetstream, manager, log };
    const keys = new WatchedBucket({
      ...{ bucket: await openBucket(nats, API_KEYS_BUCKET, replicas), name: API_KEYS_BUCKET, schema: apiKey, ...parts },
    });
    const sessions = new WatchedBucket({
      bucket: await openBucket(nats, SESSIONS_BUCKET, replicas, SESSION_TTL_MS),
      ...{ name: SESSIONS_BUCKET, schema: storedSession, ...parts },
      is_entry: (key) => !key.startsWith(USED_LINK),
    });
    for (const each of [keys, sessions]) {
      await each.start();
      scope.add('bucket', () => each.stop());
    }
    const fleet = new Fleet();
    fleet.start(nats);
    const auth = new Authenticator({
      ...{ keys, sessions, verifyToken: await tokenVerifier(config) },
      ...{ own_key: config.BENCHWIRE_API_KEY, sign_in_token: config.BENCHWIRE_SIGN_IN_TOKEN },
    });
    const saved = await openBucket(nats, SAVED_BUCKET, replicas);
    const secure = config.HTTP_TLS_CERT_FILE !== undefined || config.TRUST_PROXY;
    const client = new BriefClient(nats);
    const topics = new SharedTopics(client, manager);
    const written = new WrittenTasks(client);
    const gateway = { client, topics, written, jetstream, auth, fleet, saved, log, secure };
    const server = await startServer(gateway, config, http);
    scope.add('server', () => server.close());
  },
});
