import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { REJECTED_HEADERS, rejectedSubject } from '@benchwire/shared/contracts/rejected.ts';
import { STORED_SUBMIT_SUBJECT, SUBMIT_SUBJECT } from '@benchwire/shared/contracts/request.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bw } from '../support/bw.ts';
import { readAll } from '../support/nats-fixture.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** Requests that are published and not asked, as any program can without a reply. */

let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;

beforeAll(async () => {
  fixture = await StackFixture.start({ env: { LOG_LEVEL: 'warn' } });
  ({ stack, nats } = fixture);
});
afterAll(() => fixture?.stop());

const request = (name: string, more: object = {}): string =>
  JSON.stringify({ name, ...more, tasks: [{ task_id: 'a', executor: 'noop' }] });
const runs = async (): Promise<Array<{ name: string; status: string }>> =>
  JSON.parse((await bw(['runs', '--limit', '200', '--json'], { env: stack.env })).stdout);
const named = async (name: string): Promise<string[]> =>
  (await runs()).filter((run) => run.name === name).map(({ status }) => status);

it('while no ingest is up are kept, and each runs once', async () => {
  const ingest = stack.service('ingest');
  await stack.stopService(ingest);
  nats.publish(STORED_SUBMIT_SUBJECT, request('one'));
  nats.publish(STORED_SUBMIT_SUBJECT, request('two', { request_id: 'two' }));
  nats.publish(STORED_SUBMIT_SUBJECT, request('two', { request_id: 'two' }));
  nats.publish(STORED_SUBMIT_SUBJECT, 'name: three # YAML, too\ntasks: [{ task_id: a, executor: noop }]');
  nats.publish(STORED_SUBMIT_SUBJECT, '{"tasks": [{ "task_id": "a", "executor": "no-op" }]}');
  // What nobody hears, and nothing keeps.
  nats.publish(SUBMIT_SUBJECT, request('lost'));
  await nats.flush();
  ingest.start();
  await ingest.waitReady();
  await vi.waitFor(async () => {
    for (const name of ['one', 'two', 'three']) expect(await named(name), name).toEqual(['completed']);
  }, 60_000);
  await vi.waitFor(async () => {
    const refused = await readAll(nats, 'REJECTED', rejectedSubject('request'));
    expect(refused.map((message) => message.header.get(REJECTED_HEADERS.subject))).toEqual([STORED_SUBMIT_SUBJECT]);
    expect(refused[0]?.string()).toContain('no-op');
  }, 30_000);
  expect(await named('lost')).toEqual([]);
  // Read, and so no longer kept: another start runs nothing twice.
  expect(await readAll(nats, 'REQUESTS', STORED_SUBMIT_SUBJECT)).toEqual([]);
});

it('become one run each when ingest is killed among them', async () => {
  const ingest = stack.service('ingest');
  for (let n = 0; n < 40; n++) {
    nats.publish(STORED_SUBMIT_SUBJECT, request(`many-${n}`));
    if (n === 20) {
      await nats.flush();
      if (ingest.pid !== undefined) process.kill(ingest.pid, 'SIGKILL');
    }
  }
  await nats.flush();
  await vi.waitFor(async () => {
    const many = (await runs()).filter(({ name }) => name.startsWith('many-'));
    expect(new Set(many.map(({ name }) => name)).size).toBe(40);
    expect(many).toHaveLength(40);
    expect(many.every(({ status }) => status === 'completed')).toBe(true);
  }, 90_000);
});
