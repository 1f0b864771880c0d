import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connectClient } from '@benchwire/shared/client/client.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';
import type { RequestInput } from '@benchwire/shared/client/submit.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { whyNoChromium } from '../support/chromium.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';

const missing = whyNoChromium();
if (missing !== undefined) console.warn(`tests of the task drawer: skipped, ${missing}`);

/** More cases than an outcome keeps one by one, every 200th of them failed with a line that is wider than a phone. */
const CASES = 6000;
const FAILED = CASES / 200;
const WIDE = 'x'.repeat(300);

describe.skipIf(missing !== undefined)('a task beside its run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-drawer-'));
  let dashboard: DashboardStack;
  let browser: TestBrowser;
  let client: Client;

  beforeAll(async () => {
    const env = { LOG_LEVEL: 'warn', WORKER_COMMANDS: 'cp,sh' };
    dashboard = await startDashboardStack({ dataDir: join(folder, 'data'), env });
    browser = await startBrowser({ width: 390, height: 844 });
    const { options } = findStack({ environment: dashboard.stack.env, working_directory: folder });
    client = await connectClient(options);
  });
  afterAll(async () => {
    await client?.close();
    await browser?.close();
    await dashboard?.stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const finished = async (request: RequestInput): Promise<string> => {
    const { run_id } = await client.submit(request);
    await client.finished(run_id);
    return run_id;
  };

  it('counts every test case, also those that are not kept, and hides no text on a phone', async () => {
    const report = join(folder, 'report.xml');
    const cases = Array.from({ length: CASES }, (_, i) => {
      const failure = i % 200 === 0 ? `<failure message="${WIDE}">line ${i}</failure>` : '';
      return `<testcase classname="pkg.Class" name="test_${i}" time="0.002">${failure}</testcase>`;
    });
    writeFileSync(report, `<testsuite>${cases.join('')}</testsuite>`);
    const config = { command: ['cp', report, 'r.xml'], junit: ['r.xml'] };
    const run_id = await finished({
      name: 'cases',
      tasks: [{ task_id: 't', type: 'test', executor: 'command', config }],
    });

    const { page } = browser;
    await signIn(browser, dashboard);
    await page.goto(`${dashboard.url}/runs/${run_id}?task=t`);
    const drawer = page.getByRole('dialog');
    await drawer.getByText(`${(CASES - FAILED).toLocaleString('en')} passed, ${FAILED} failed, 0 skipped`).waitFor();
    expect(await drawer.getByText('2 ms', { exact: true }).count()).toBe(FAILED);
    const [logs, hidden] = (await page.evaluate(
      "(() => { const logs = [...document.querySelectorAll('[role=dialog] pre')]; return [logs.length, logs.filter((log) => log.scrollWidth > log.clientWidth).length]; })()",
    )) as [number, number];
    expect(logs).toBe(FAILED);
    expect(hidden).toBe(0);
    // Its only attempt does not say the same once more.
    await drawer.getByRole('heading', { name: 'Attempts' }).waitFor();
    expect(await drawer.getByText(`${FAILED} of ${CASES} tests failed`, { exact: false }).count()).toBe(1);
  });

  it('follows the log of a task that runs, and has all of it once it has ended', async () => {
    const go = join(folder, 'go');
    const script = `echo begins; while [ ! -e ${go} ]; do sleep 0.1; done; echo goes on; while [ -e ${go} ]; do sleep 0.1; done; echo '{"metric": "tps", "value": 1}'`;
    const config = { command: ['sh', '-c', script] };
    const { run_id } = await client.submit({ name: 'talks', tasks: [{ task_id: 't', executor: 'command', config }] });
    const { page } = browser;
    await page.goto(`${dashboard.url}/runs/${run_id}?task=t`);
    const drawer = page.getByRole('dialog');
    await drawer.getByRole('heading', { name: 'Log of attempt 1, live' }).waitFor({ timeout: 60_000 });
    const log = drawer.locator('pre');
    await log.getByText('begins').waitFor({ timeout: 60_000 });
    expect(await log.textContent()).not.toContain('goes on');
    writeFileSync(go, '');
    await log.getByText('goes on').waitFor({ timeout: 60_000 });
    rmSync(go);
    await client.finished(run_id);
    await drawer.getByRole('heading', { name: /, live$/ }).waitFor({ state: 'detached', timeout: 60_000 });
    await log.getByText('goes on').waitFor({ timeout: 60_000 });
    // The browser reports that the scheduler does not say why a task waits that has just ended.
    expect(browser.problems.filter((problem) => !problem.includes('/why'))).toEqual([]);
    browser.problems.length = 0;
  });

  it('of two models with one file name each row says which', async () => {
    const task = (task_id: string, model: string) => ({
      ...{ task_id, executor: 'command' as const },
      config: { command: ['sh', '-c', 'echo \'{"metric": "tps", "value": 1}\''], model },
    });
    const tasks = [task('old', '/opt/exports/v1/encoder.onnx'), task('new', '/opt/exports/v2/encoder.onnx')];
    const run_id = await finished({ name: 'names', tasks });
    const { page } = browser;
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${dashboard.url}/runs/${run_id}?tab=tasks`);
    for (const name of ['v1/encoder.onnx', 'v2/encoder.onnx']) await page.getByText(name, { exact: true }).waitFor();
    expect(browser.problems, 'on the console').toEqual([]);
  });
});
