import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalStack, type StackOptions, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import {
  type QueryName,
  type QueryParameters,
  type QueryRow,
  queryReply,
  querySubject,
} from '@benchwire/shared/contracts/query.ts';
import { SUBMIT_SUBJECT, submitReply } from '@benchwire/shared/contracts/request.ts';
import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import { connectNats } from '@benchwire/shared/runtime/nats.ts';
import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { say } from './report.ts';

/** A whole stack of its own in a temporary folder, with a client. */
export interface BenchStack {
  stack: LocalStack;
  nats: NatsConnection;
  submit(request: unknown): Promise<string>;
  query<N extends QueryName>(name: N, parameters: QueryParameters<N>): Promise<QueryRow<N>[]>;
  stop(): Promise<void>;
}

/** @param options - `prepare` is called before anything starts, with the folder of the embedded ClickHouse */
export async function startBenchStack({
  prepare,
  ...options
}: Omit<StackOptions, 'dataDir'> & {
  prepare?: (folders: { clickhouse: string }) => Promise<void>;
}): Promise<BenchStack> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bw-bench-'));
  await prepare?.({ clickhouse: join(dataDir, 'clickhouse') });
  say('starting a stack …');
  const stack = await startLocalStack({
    ...options,
    dataDir,
    env: { LOG_LEVEL: 'warn', LOG_FORMAT: 'json', ...options.env },
  });
  const nats = await connectNats('bench', loadConfig(z.object(natsVariables), stack.env));
  return {
    stack,
    nats,
    submit: async (request) => {
      const answer = await nats.request(SUBMIT_SUBJECT, JSON.stringify(request), { timeout: 30_000 });
      const reply = submitReply.parse(answer.json());
      if (!reply.ok) throw new Error(`the request was refused: ${JSON.stringify(reply.issues)}`);
      return reply.run_id;
    },
    query: async <N extends QueryName>(name: N, parameters: QueryParameters<N>) => {
      const answer = await nats.request(querySubject(name), JSON.stringify(parameters), { timeout: 30_000 });
      const reply = queryReply.parse(answer.json());
      if (!reply.ok) throw new Error(`the query ${name} was refused: ${JSON.stringify(reply.issues)}`);
      return reply.rows as QueryRow<N>[];
    },
    stop: async () => {
      await nats.close();
      await stack.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Asks again and again until the answer is yes. */
export async function until(
  what: string,
  check: () => Promise<boolean>,
  every_ms: number,
  timeout_ms: number,
): Promise<void> {
  const deadline = performance.now() + timeout_ms;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`${what} did not come true within ${timeout_ms / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, every_ms));
  }
}
