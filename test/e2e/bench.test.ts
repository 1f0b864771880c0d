import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bw as startBw } from '../support/bw.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** `bw bench` on a real stack whose worker has no PyTorch. */
const folder = mkdtempSync(join(tmpdir(), 'bw-bench-'));
const WITHIN = { timeout: 60_000, interval: 200 };
let fixture: StackFixture;

beforeAll(async () => {
  fixture = await StackFixture.start({ dataDir: join(folder, 'data'), env: { LOG_LEVEL: 'warn' } });
  // The plan reads what the aggregator has stored of the worker.
  await vi.waitFor(async () => {
    const { rows } = await fixture.client.query('workers', {});
    expect(rows.flatMap(({ capabilities }) => capabilities?.devices ?? [])).not.toEqual([]);
  }, WITHIN);
}, 180_000);
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const bench = (...args: string[]) => startBw(['bench', ...args], { env: fixture.stack.env, cwd: folder });

it('measures files, smallest batch size first, and writes one report; what no worker can take is left out with the reason', async () => {
  const report = join(folder, 'report.html');
  const ran = await bench(
    ...['--model', 'silero-vad-v5,bert', '--hardware', 'cpu', '--batch-sizes', '2,1', '--progressive'],
    ...['--report', '--output', report, '--name', 'bench', '--json'],
  );
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.stderr).toMatch(/bert: left out: no worker offers the executor torch: `bw runner install torch`/);
  const { tasks } = JSON.parse(ran.stdout) as { tasks: Outcome[] };
  expect(tasks.map(({ task_id, status }) => [task_id, status])).toEqual([
    ['1-silero-vad-v5-cpu-b1', 'completed'],
    ['1-silero-vad-v5-cpu-b2', 'completed'],
  ]);
  expect(existsSync(report)).toBe(true);
  const html = readFileSync(report, 'utf8');
  expect(html).toContain('silero-vad-v5');
  expect(html).not.toMatch(/<script src|<link rel="stylesheet"/);
}, 180_000);

it('starts nothing where no worker can take any of it, and says what to install', async () => {
  const refused = await bench('--model', 'bert', '--model', 'whisper');
  expect([refused.code, refused.stderr]).toEqual([64, expect.stringContaining('bw runner install torch')]);
  expect(refused.stderr).toContain('bert, whisper: left out');
  const nowhere = await bench('--model', 'silero-vad-v5', '--hardware', 'rocm');
  expect([nowhere.code, nowhere.stderr]).toEqual([
    64,
    expect.stringContaining('no worker offers the executor onnx on rocm'),
  ]);
  const waiting = await bench('--model', 'bert', '--wait', '--detach');
  expect(waiting.code, waiting.stderr).toBe(0);
  expect(waiting.stderr).toContain('waits for a worker');
  await fixture.client.cancel(waiting.stdout.trim());
}, 120_000);

it('refuses over HTTP what would wait in silence', async () => {
  const send = (body: object) =>
    fetch(`${fixture.stack.service('gateway').http_url}/api/benchmark/run`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${fixture.stack.env.BENCHWIRE_API_KEY}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    });
  const refused = await send({ priority: 'high', models: ['bert', 'gpt2'] });
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({
    code: 'EXECUTOR_MISSING',
    detail: expect.stringContaining('bw runner install torch'),
  });
  const accepted = await send({ models: ['bert', 'gpt2'], wait_for_workers: true });
  expect(accepted.status).toBe(202);
  const { run_id, task_count } = (await accepted.json()) as { run_id: string; task_count: number };
  expect(task_count).toBe(2);
  await fixture.client.cancel(run_id);
}, 60_000);

it.each([
  [[], 'name models with --model'],
  [['--priority', 'urgent'], '--priority'],
  [['--priority', '7'], '--model'],
  [['--model', 'bertt'], 'Did you mean'],
  [['--model', 'bert', '--max-age', '7d'], '--max-age goes with --incremental'],
  [['--model', 'bert', '--incremental', '--max-age', 'soon'], '--max-age takes an age'],
  [['--model', 'bert', '--precision', 'int3'], '--precision'],
  [['--model', 'bert', '--output', 'x.html'], '--output goes with --report'],
  [['--model', 'bert', '--report', '--detach'], '--report waits'],
])('refuses %j', async (args, message) => {
  const refused = await bench(...args);
  expect([refused.code, refused.stderr]).toEqual([64, expect.stringContaining(message)]);
});
