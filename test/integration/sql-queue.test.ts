import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { createApiKey } from '@benchwire/shared/client/api-keys.ts';
import type { Client } from '@benchwire/shared/client/client.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { queryReply, querySubject } from '@benchwire/shared/contracts/query.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startBw } from '../support/bw.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { StackFixture } from '../support/stack-fixture.ts';

const LIMIT_SECONDS = 8;
/** As long as it is let. */
const ENDLESS = 'SELECT sum(sipHash64(number)) FROM numbers(1000000000000)';
/** The same inside of one call of a function, where the engine looks at no limit. */
const BLOCKED = `SELECT arraySum(arrayMap(
  x -> length(extractAll(concat(toString(x), repeat('a', 9000)), '(a?){900}b')), range(3000)))`;

let fixture: StackFixture;
let stack: LocalStack;
let client: Client;
const keys: string[] = [];

beforeAll(async () => {
  fixture = await StackFixture.start({
    services: ['aggregator', 'scheduler', 'ingest', 'gateway'],
    env: { SQL_MAX_SECONDS: String(LIMIT_SECONDS), SQL_MAX_RUNNING: '2' },
  });
  ({ stack, client } = fixture);
  for (const name of ['a', 'b', 'c']) keys.push((await createApiKey(client.nats, { name, role: 'viewer' })).key);
});

afterAll(async () => {
  await fixture?.stop();
});

function http(key: number, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${keys[key]}`, 'content-type': 'application/json' };
  return fetch(`${stack.service('gateway').http_url}${path}`, { ...init, headers });
}

const sql = (key: number, statement: string, signal?: AbortSignal): Promise<Response> =>
  http(key, '/api/sql', {
    method: 'POST',
    body: JSON.stringify({ sql: statement }),
    ...(signal === undefined ? {} : { signal }),
  });

/** How long a statement of somebody else takes, in milliseconds. */
async function aMoment(key: number): Promise<number> {
  const started = performance.now();
  const answer = await sql(key, 'SELECT 1 AS one');
  expect(await answer.json()).toMatchObject({ rows: [{ one: 1 }] });
  return performance.now() - started;
}

describe('statements of several callers', () => {
  it('wait for those of the same caller only; one too many is told when to come back', async () => {
    await aMoment(0);
    const statements = Array.from({ length: 4 }, () => sql(0, ENDLESS));
    const first = await Promise.race(statements);
    expect(first.status).toBe(429);
    expect(Number(first.headers.get('retry-after'))).toBe(LIMIT_SECONDS);
    expect(await first.json()).toMatchObject({ code: 'BUSY', issues: [{ path: 'sql', code: 'busy' }] });
    expect(await aMoment(1)).toBeLessThan(LIMIT_SECONDS * 1000);
    const statuses = (await Promise.all(statements)).map(({ status }) => status).sort();
    expect(statuses).toEqual([422, 422, 422, 429]);
  });

  it('keep nobody from asking other things, nor results from being stored', async () => {
    // The start of the processes is no part of the statements' time.
    await Promise.all([aMoment(0), aMoment(1)]);
    const started = performance.now();
    const statements = [sql(0, BLOCKED), sql(1, BLOCKED)];
    let over_ms: number | undefined;
    const ended = Promise.all(statements).then(() => {
      over_ms = performance.now() - started;
    });
    while (over_ms === undefined) {
      const run_id = newRunId();
      const asked = performance.now();
      client.nats.publish(outcomeSubject({ run_id, task_id: 'a' }), JSON.stringify(outcomeWith(1, { run_id })));
      expect((await http(2, '/api/runs')).status).toBe(200);
      expect(performance.now() - asked).toBeLessThan(1000);
      await vi.waitFor(
        async () => expect((await client.query('attempts', { run_id, task_id: 'a' })).rows).toHaveLength(1),
        { timeout: 5000, interval: 50 },
      );
    }
    await ended;
    expect(over_ms).toBeLessThan((LIMIT_SECONDS + 5) * 1000);
    expect(await (await statements[0])?.json()).toMatchObject({ issues: [{ code: 'timeout_exceeded' }] });
  });

  it('end when the request is aborted, the terminal closed, or the client killed', async () => {
    await aMoment(2);
    const leaving = new AbortController();
    const aborted = [0, 1].map((key) => sql(key, BLOCKED, leaving.signal).catch((error: Error) => error.name));
    await vi.waitFor(async () => expect((await sqlProcesses()).length).toBe(2), { timeout: 5000, interval: 50 });
    leaving.abort();
    expect(await Promise.all(aborted)).toEqual(['AbortError', 'AbortError']);
    expect(await aMoment(2)).toBeLessThan(LIMIT_SECONDS * 800);

    const terminals = [1, 2].map(() => startBw(['sql', BLOCKED], { env: stack.env }));
    await vi.waitFor(async () => expect((await sqlProcesses()).length).toBe(2), { timeout: 5000, interval: 50 });
    for (const { child } of terminals) child.kill('SIGKILL');
    await Promise.all(terminals.map(({ child }) => once(child, 'exit')));
    expect(await aMoment(2)).toBeLessThan(LIMIT_SECONDS * 800);
  });

  it('over NATS say busy with a time, and share the places of their connection', async () => {
    const replies = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const message = await client.nats.request(querySubject('sql'), JSON.stringify({ sql: ENDLESS }), {
          timeout: 60_000,
        });
        return queryReply.parse(message.json());
      }),
    );
    const busy = replies.filter((reply) => !reply.ok && reply.retry_after_seconds !== undefined);
    expect(busy).toMatchObject([{ retry_after_seconds: LIMIT_SECONDS, issues: [{ code: 'busy' }] }]);
  });
});

/** Pids of the aggregator's children. */
async function sqlProcesses(): Promise<string[]> {
  const listing = spawn('ps', ['-eo', 'pid=,ppid=,args=']);
  let text = '';
  listing.stdout.on('data', (chunk: Buffer) => {
    text += String(chunk);
  });
  await once(listing, 'close');
  const pid = stack.service('aggregator').pid;
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, ...args]) => parent === String(pid) && args.join(' ').includes('sql-process'))
    .map(([own = '']) => own);
}
