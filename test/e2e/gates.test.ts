import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GATE_FIELDS, type GateRule } from '@benchwire/shared/contracts/gate.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.ts';
import { bw as startBw } from '../support/bw.ts';
import { whyNoChromium } from '../support/chromium.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';

/** Every field of a gate can be set and is shown with `bw`, over HTTP and on the page. */

const missing = whyNoChromium();
if (missing !== undefined) console.warn(`the page of gates: skipped, ${missing}`);

const folder = mkdtempSync(join(tmpdir(), 'bw-gates-'));
let dashboard: DashboardStack;

beforeAll(async () => {
  const env = { LOG_LEVEL: 'warn' };
  dashboard = await startDashboardStack({ dataDir: join(folder, 'data'), env, services: { worker: 0 } });
});
afterAll(async () => {
  await dashboard?.stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

const bw = (...args: string[]) => startBw(['gates', ...args], { env: dashboard.stack.env, cwd: folder });

async function rules(): Promise<GateRule[]> {
  const response = await fetch(`${dashboard.url}/api/gates`, {
    headers: { authorization: `Bearer ${dashboard.key}` },
  });
  return ((await response.json()) as { rules: GateRule[] }).rules;
}

const WHOLE = {
  metrics: ['latency_ms', 'tokens_*'],
  min_change_percent: 3,
  unknown_direction: 'either_is_worse',
  on_slower: 'warn',
  on_cannot_tell: 'repeat',
  repeat_budget: { runs: 20, seconds: 600 },
  on_known_regression: 'pass',
} as const;

it('with bw and over HTTP', async () => {
  expect(Object.keys(WHOLE)).toEqual(GATE_FIELDS);
  const set = await bw(
    ...['set', 'nightly-*', '--metric', 'latency_ms', '--metric', 'tokens_*', '--min-change', '3'],
    ...['--unknown-direction', 'either_is_worse', '--on-slower', 'warn', '--on-cannot-tell', 'repeat'],
    ...['--repeat-runs', '20', '--repeat-seconds', '600', '--on-known-regression', 'pass'],
  );
  expect(set.code, set.stderr).toBe(0);
  expect(await rules()).toEqual([{ benchmark: 'nightly-*', gate: WHOLE }]);
  expect((await bw('explain', 'nightly-1')).stdout).toContain('repeat_budget 20 runs in 600 s');
  const wrong = await bw('set', 'x', '--repeat-runs', 'many');
  expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('repeat_budget.runs')]);

  const response = await fetch(`${dashboard.url}/api/gates/over-http`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${dashboard.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(WHOLE),
  });
  expect(response.status).toBe(200);
  expect((await bw('--json')).stdout).toContain(JSON.stringify({ benchmark: 'over-http', gate: WHOLE }));
});

it.skipIf(missing !== undefined)('on the page, where it is also changed and removed', async () => {
  const browser = await startBrowser();
  try {
    const { page, problems } = browser;
    await signIn(browser, dashboard);
    await page.goto(`${dashboard.url}/gates`);
    await page.getByLabel('Benchmark').fill('by-page');
    for (const metric of WHOLE.metrics) {
      await page.getByRole('combobox', { name: 'Metrics that count' }).fill(metric);
      await page.keyboard.press('Enter');
    }
    await page.getByLabel('Smallest change that matters').fill('3');
    const choose = async (label: string, value: string): Promise<void> => {
      await page
        .getByRole('combobox', { name: label })
        .or(page.getByRole('textbox', { name: label }))
        .click();
      await page.getByRole('option', { name: value, exact: true }).click();
    };
    await choose('Where the better direction is unknown', 'either is worse');
    await choose('Slower', 'warn');
    await choose('Cannot tell', 'repeat');
    await choose('Known regression', 'pass');
    await page.getByLabel('Repetitions at most').fill('20');
    await page.getByLabel('Within seconds').fill('600');
    await page.getByRole('button', { name: 'Set gate' }).click();
    const row = page.getByRole('row', { name: /by-page/ });
    await row.getByText('20 runs in 600 s').waitFor();
    expect((await rules()).find(({ benchmark }) => benchmark === 'by-page')?.gate).toEqual(WHOLE);

    await row.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Smallest change that matters').fill('7');
    await page.getByRole('button', { name: 'Set gate' }).click();
    await row.getByText('7', { exact: true }).waitFor();
    await row.getByRole('button', { name: 'Remove' }).click();
    await row.waitFor({ state: 'detached' });
    expect((await rules()).map(({ benchmark }) => benchmark)).not.toContain('by-page');
    expect(problems).toEqual([]);
  } finally {
    await browser.close();
  }
});
