import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { type Outcome, outcome } from '@benchwire/shared/contracts/outcome.ts';
import { queryReply, querySubject } from '@benchwire/shared/contracts/query.ts';
import { SUBMIT_SUBJECT, submitReply } from '@benchwire/shared/contracts/request.ts';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addModel } from '../../services/worker/test-support/onnx-model.ts';
import { StackFixture } from '../support/stack-fixture.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'bw-fresh-'));
const models = join(dataDir, 'models');
let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;
const outcomes: Outcome[] = [];

beforeAll(async () => {
  mkdirSync(models);
  writeFileSync(join(models, 'one.onnx'), addModel(['batch', 3]));
  writeFileSync(join(models, 'two.onnx'), addModel(['batch', 4]));
  copyFileSync(join(models, 'one.onnx'), join(models, 'mine.onnx'));
  fixture = await StackFixture.start({
    dataDir: join(dataDir, 'stack'),
    services: { anomaly: 0 },
    env: { WORKER_MODEL_DIRS: models, LOG_LEVEL: 'warn' },
  });
  ({ stack, nats } = fixture);
  nats.subscribe('bw.outcome.>', { callback: (_error, message) => void outcomes.push(outcome.parse(message.json())) });
  await nats.flush();
});

afterAll(async () => {
  await fixture?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Measures the model over the batch sizes, unless that is fresh. */
async function measure(over: Record<string, unknown> = {}, batch_sizes = [1, 2]): Promise<Outcome> {
  const config = { model: 'mine.onnx', batch_sizes, iterations: 20, warmup_iterations: 1 };
  const tasks = [{ task_id: 'a', benchmark: 'fresh', skip_if_fresh: true, config, ...over }];
  const answer = await nats.request(SUBMIT_SUBJECT, JSON.stringify({ tasks }), { timeout: 10_000 });
  const reply = submitReply.parse(answer.json());
  if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
  return await vi.waitFor(
    () => {
      const found = outcomes.find((each) => each.run_id === reply.run_id);
      if (found === undefined) throw new Error('no outcome yet');
      return found;
    },
    { timeout: 30_000, interval: 25 },
  );
}

async function sql(statement: string): Promise<Array<Record<string, unknown>>> {
  const answer = await nats.request(querySubject('sql'), JSON.stringify({ sql: statement }), { timeout: 10_000 });
  const reply = queryReply.parse(answer.json());
  if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
  return reply.rows;
}

const points = async (): Promise<number> => Number((await sql('SELECT count() AS n FROM results FINAL'))[0]?.n);
const stored = (run_id: string): Promise<void> =>
  vi.waitFor(
    async () => expect(await sql(`SELECT 1 AS one FROM attempts FINAL WHERE run_id = '${run_id}'`)).toHaveLength(1),
    { timeout: 20_000, interval: 50 },
  );

describe('skip_if_fresh', () => {
  it('skips what was measured with the same file, settings and environment, and makes no second point of it', async () => {
    const first = await measure();
    expect(first).toMatchObject({ status: 'completed', error: null });
    expect(Object.keys(first.results.batch_sizes ?? {})).toEqual(['1', '2']);
    // Attempts and results are two tables: one may have it before the other.
    const before = await vi.waitFor(
      async () => {
        const count = await points();
        expect(count).toBeGreaterThan(0);
        return count;
      },
      { timeout: 20_000, interval: 50 },
    );

    const second = await measure();
    expect(second.status).toBe('completed');
    expect(second.results).toEqual({
      skipped: [1, 2].map((batch_size) => ({
        batch_size,
        latency_ms: first.results.batch_sizes?.[String(batch_size)]?.latency_ms,
        run_id: first.run_id,
        task_id: 'a',
        attempt: 1,
        measured_at: first.finished_at,
      })),
    });
    await stored(second.run_id);
    expect(await points()).toBe(before);
    expect(await sql(`SELECT state, note FROM tasks FINAL WHERE run_id = '${second.run_id}'`)).toEqual([
      { state: 'completed', note: `skipped: measured at ${first.finished_at} by run ${first.run_id}` },
    ]);

    // A third one refers to the measurement, not to the one that was skipped.
    expect((await measure()).results.skipped?.[0]?.run_id).toBe(first.run_id);
  });

  it('measures with another batch size, other settings, or when it was too long ago', async () => {
    const measured = (found: Outcome): string[] => Object.keys(found.results.batch_sizes ?? {});
    expect(measured(await measure({}, [1, 2, 4]))).toEqual(['1', '2', '4']);
    const config = { model: 'mine.onnx', batch_sizes: [1], intra_op_num_threads: 1, iterations: 20 };
    expect(measured(await measure({ config }))).toEqual(['1']);
    expect(measured(await measure({ skip_if_fresh: { max_age_seconds: 0.001 } }))).toEqual(['1', '2']);
    expect(measured(await measure({ skip_if_fresh: { max_age_seconds: 3600 } }))).toEqual([]);
    expect(measured(await measure({ skip_if_fresh: false }))).toEqual(['1', '2']);
  });

  it('measures when the file under the same name is another one, and skips again when the first is back', async () => {
    copyFileSync(join(models, 'two.onnx'), join(models, 'mine.onnx'));
    const other = await measure();
    expect(Object.keys(other.results.batch_sizes ?? {})).toEqual(['1', '2']);
    await stored(other.run_id);
    copyFileSync(join(models, 'one.onnx'), join(models, 'mine.onnx'));
    expect((await measure()).results.skipped).toHaveLength(2);
  });

  it('measures when nobody can be asked, and says so', async () => {
    await stack.service('aggregator').kill('SIGKILL', { stay_down: true });
    const found = await measure();
    expect(Object.keys(found.results.batch_sizes ?? {})).toEqual(['1', '2']);
    expect(found.results.notes?.[0]).toMatch(/^measured, because it could not be found out whether it was before/);
  });
});
