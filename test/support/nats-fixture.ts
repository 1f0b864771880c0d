import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalServers, startServers } from '@benchwire/deploy/local/servers.ts';
import { STREAMS } from '@benchwire/shared/contracts/streams.ts';
import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import { createLog, type Log } from '@benchwire/shared/runtime/log.ts';
import { closeNats, connectNats, type NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { nextMessage } from '@benchwire/shared/runtime/read-to-end.ts';
import { ensureStreams } from '@benchwire/shared/runtime/streams.ts';
import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type StoredMsg,
} from '@nats-io/jetstream';
import { z } from 'zod';

/** A real nats-server with the streams, and a connection to it. */
export interface NatsFixture {
  servers: LocalServers;
  nats: NatsConnection;
  client: JetStreamClient;
  manager: JetStreamManager;
  log: Log;
  connect(): Promise<NatsConnection>;
  stop(): Promise<void>;
}

export async function natsFixture(): Promise<NatsFixture> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bw-nats-'));
  const servers = await startServers({ dataDir, env: { NATS_URL: undefined, REDIS_URL: undefined } });
  const connect = (): Promise<NatsConnection> => connectNats('test', loadConfig(z.object(natsVariables), servers.env));
  const nats = await connect();
  const manager = await jetstreamManager(nats);
  await ensureStreams(manager, STREAMS, 1);
  return {
    servers,
    nats,
    client: jetstream(nats),
    manager,
    log: createLog('test', { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }),
    connect,
    stop: async () => {
      await closeNats(nats);
      await servers.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Everything that a stream holds on a subject, in order; also of a work queue, which no second consumer may read. */
export async function readAll(nats: NatsConnection, stream: string, filter: string): Promise<StoredMsg[]> {
  const manager = await jetstreamManager(nats, { checkAPI: false });
  const found: StoredMsg[] = [];
  for (let after = 0; ; ) {
    const message = await nextMessage(manager, stream, after, filter);
    if (message === undefined) return found;
    found.push(message);
    after = message.seq;
  }
}
