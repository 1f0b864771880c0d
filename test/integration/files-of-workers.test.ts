import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { type Outcome, outcome } from '@benchwire/shared/contracts/outcome.ts';
import { SUBMIT_SUBJECT, submitReply } from '@benchwire/shared/contracts/request.ts';
import { type TaskExplanation, WHY_SUBJECT, whyReply } from '@benchwire/shared/contracts/scheduler.ts';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addModel } from '../../services/worker/test-support/onnx-model.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** Two workers of one pool with model folders of their own: what one has the other one lacks. */
const dataDir = mkdtempSync(join(tmpdir(), 'bw-files-'));
const folders = { first: join(dataDir, 'first'), second: join(dataDir, 'second') };
let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;
const outcomes: Outcome[] = [];

beforeAll(async () => {
  for (const folder of Object.values(folders)) mkdirSync(folder);
  writeFileSync(join(folders.first, 'of-first.onnx'), addModel(['batch', 3]));
  writeFileSync(join(folders.second, 'of-second.onnx'), addModel(['batch', 3]));
  const services = { anomaly: 0, gateway: 0, worker: 0 };
  fixture = await StackFixture.start({ services, env: { LOG_LEVEL: 'warn' } });
  ({ stack, nats } = fixture);
  await Promise.all(
    Object.entries(folders).map(([id, folder]) =>
      stack.addService('worker', { WORKER_ID: id, WORKER_MODEL_DIRS: folder }),
    ),
  );
  nats.subscribe('bw.outcome.>', { callback: (_error, message) => void outcomes.push(outcome.parse(message.json())) });
  await nats.flush();
}, 90_000);

afterAll(async () => {
  await fixture?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function submit(body: Record<string, unknown>): Promise<string> {
  const answer = await nats.request(SUBMIT_SUBJECT, JSON.stringify(body), { timeout: 10_000 });
  const reply = submitReply.parse(answer.json());
  if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
  return reply.run_id;
}

const task = (model: string, more: Record<string, unknown> = {}) => ({
  task_id: 't',
  config: { model, batch_sizes: [1], iterations: 5, warmup_iterations: 1 },
  ...more,
});

async function ended(run_id: string, count = 1): Promise<Outcome[]> {
  return await vi.waitFor(
    () => {
      const found = outcomes.filter((each) => each.run_id === run_id);
      expect(found.length).toBeGreaterThanOrEqual(count);
      return found;
    },
    { timeout: 60_000, interval: 50 },
  );
}

async function why(run_id: string): Promise<TaskExplanation> {
  return await vi.waitFor(
    async () => {
      const answer = await nats.request(WHY_SUBJECT, JSON.stringify({ run_id, task_id: 't' }), { timeout: 5000 });
      const reply = whyReply.parse(answer.json());
      if (!reply.ok || reply.task.pools.length === 0) throw new Error(JSON.stringify(reply));
      return reply.task;
    },
    { timeout: 20_000, interval: 100 },
  );
}

describe('a task whose model only some workers of its pool have', () => {
  it.each(['first', 'second'])(
    'ends on %s, which has it, at its first attempt',
    async (id) => {
      const run_id = await submit({ tasks: [task(`of-${id}.onnx`, { repetitions: 4 })] });
      const found = await ended(run_id, 4);
      expect(found.map(({ status, worker_id, attempt }) => [status, worker_id, attempt])).toEqual(
        found.map(() => ['completed', id, 1]),
      );
    },
    90_000,
  );

  it('fails once every worker of the pool has looked for it in vain', async () => {
    const run_id = await submit({ tasks: [task('nowhere.onnx')] });
    expect(await ended(run_id)).toMatchObject([{ status: 'failed', attempt: 1, error: { code: 'MODEL_NOT_FOUND' } }]);
  }, 90_000);

  it('fails at once where its worker is alone in the pool', async () => {
    const second = stack.services.find(({ name }) => name === 'worker-2');
    if (second === undefined) throw new Error('no second worker');
    await stack.stopService(second);
    // It is alone in its pool now: what it lacks nobody has.
    const alone = await submit({ tasks: [task('nowhere.onnx')] });
    expect(await ended(alone)).toMatchObject([{ status: 'failed', error: { code: 'MODEL_NOT_FOUND' } }]);
    second.start();
  }, 90_000);
});

describe('a file that was too large to be sent', () => {
  const file = (hostname: string) => ({
    path: 'big.onnx',
    parts: [{ name: 'big.onnx', sha256: 'a'.repeat(64), size_bytes: 9e9 }],
    only_local: true,
    local: { hostname, path: '/data/big.onnx' },
  });

  it('waits for a worker of the machine that has it, and why says so', async () => {
    const run_id = await submit({ files: [file('lab-7')], tasks: [task('big.onnx')] });
    const { phase, pools } = await why(run_id);
    expect(phase).toBe('ready');
    for (const { reason } of pools) expect(reason).toMatch(/big\.onnx is only on lab-7|no onnx|other hardware/);
    expect(pools.some(({ reason }) => reason?.includes('big.onnx is only on lab-7') === true)).toBe(true);
  }, 60_000);
});
