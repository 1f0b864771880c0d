import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MetricVerdict, RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.ts';
import { bw as startBw } from '../support/bw.ts';
import { whyNoChromium } from '../support/chromium.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';

/** A real model compared with its older version in the same run: several batch sizes, on each of two pools. */

const missing = whyNoChromium();
if (missing !== undefined) console.warn(`the page of a run with a base: skipped, ${missing}`);

const folder = mkdtempSync(join(tmpdir(), 'bw-onnx-base-'));
const BATCHES = [1, 2, 4];
const PAIRS = 2;
let dashboard: DashboardStack;
let run_id: string;
let whole: RunVerdict;

const bw = (...args: string[]) => startBw(args, { env: dashboard.stack.env, cwd: folder });

beforeAll(async () => {
  dashboard = await startDashboardStack({
    dataDir: join(folder, 'data'),
    env: { LOG_LEVEL: 'warn', ANOMALY_CONFIRM_RUNS: '0' },
    services: { worker: 0 },
  });
  // Their labels make two pools of the same hardware.
  for (const lab of ['one', 'two'])
    await dashboard.stack.addService('worker', { WORKER_ID: lab, WORKER_LABELS: `lab=${lab}` });
  const file = join(folder, 'request.json');
  writeFileSync(
    file,
    JSON.stringify({
      ...{
        name: 'vad',
        source: { commit: 'aaaaaaa1', branch: 'newer-model' },
        base: { commit: 'bbbbbbb1', pairs: PAIRS },
      },
      tasks: [
        {
          ...{ task_id: 'vad', placement: 'each', base: { model: 'silero-vad-v5' } },
          config: { model: 'silero-vad-v6', batch_sizes: BATCHES, iterations: 20, warmup_iterations: 2 },
        },
      ],
    }),
  );
  const { code, stdout, stderr } = await bw('run', file, '--no-git', '--json', '--fail-on', 'regression');
  expect([0, 2], stderr).toContain(code);
  const said = JSON.parse(stdout) as { verdict: RunVerdict };
  whole = said.verdict;
  run_id = whole.run_id;
});
afterAll(async () => {
  await dashboard?.stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

const counting = (): MetricVerdict[] => whole.metrics.filter(({ gate }) => gate !== 'report');

it('compares the median latency of each batch size by pairs, and reports the rest', () => {
  expect(whole.is_final).toBe(true);
  expect(
    counting()
      .map(({ metric, batch_size }) => `${metric} ${batch_size}`)
      .sort(),
  ).toEqual(BATCHES.map((size) => `latency_ms ${size}`));
  for (const { baseline, verdict, change_percent, reason } of counting()) {
    // Both pools are the same hardware, so their pairs are of one series.
    expect(baseline, reason).toMatchObject({
      ...{ line: 'measured in this run', from_commit: 'bbbbbbb1' },
      pairs: { count: 2 * PAIRS, repeated: 0 },
    });
    expect(verdict).not.toBe('new');
    expect(change_percent).not.toBeNull();
  }
  expect(whole.metrics.length).toBeGreaterThan(BATCHES.length);
});

it('says the same in the terminal, as Markdown, as JUnit and over HTTP', async () => {
  const { stdout } = await bw('verdict', run_id);
  for (const size of BATCHES) expect(stdout).toMatch(new RegExp(`latency_ms +vad\\S* +${size} `));
  expect(stdout).toContain('measured in this run');
  const markdown = (await bw('verdict', run_id, '--format', 'markdown')).stdout;
  for (const size of BATCHES) expect(markdown).toMatch(new RegExp(`\\| vad\\S* latency\\\\_ms at batch ${size} \\|`));
  const junit = (await bw('verdict', run_id, '--format', 'junit')).stdout;
  expect(junit).toContain(
    `tests="${BATCHES.length}" failures="${counting().filter(({ gate }) => gate === 'fail').length}"`,
  );
  const response = await fetch(`${dashboard.url}/api/runs/${run_id}/verdict`, {
    headers: { authorization: `Bearer ${dashboard.key}` },
  });
  expect(await response.json()).toEqual(whole);
});

it('leaves no point of the base in the history of either model', async () => {
  const { stdout } = await bw('results', run_id, '--format', 'json');
  const models = (JSON.parse(stdout) as Array<{ model: string }>).map(({ model }) => model);
  expect(new Set(models)).toEqual(new Set(['silero-vad-v6']));
});

it.skipIf(missing !== undefined)('is what the page of the run begins with', async () => {
  const browser = await startBrowser();
  try {
    const { page } = browser;
    await signIn(browser, dashboard);
    await page.goto(`${dashboard.url}/runs/${run_id}`);
    const baselines = page.getByText(`measured in this run, ${2 * PAIRS} points`);
    await baselines.first().waitFor();
    expect(await baselines.count()).toBe(BATCHES.length);
  } finally {
    await browser.close();
  }
});
