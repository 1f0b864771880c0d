import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { seriousViolations, startBrowser, type TestBrowser } from '../support/browser.ts';
import { bw } from '../support/bw.ts';
import { type DashboardStack, dashboardMissing, signIn, startDashboardStack } from '../support/dashboard.ts';

/** The page in a real browser on a real stack, used as a person uses it. The tests follow each other. */
describe.skipIf(dashboardMissing !== undefined)('the dashboard', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-dashboard-'));
  let dashboard: DashboardStack;
  let browser: TestBrowser;
  let run_url: string;

  beforeAll(async () => {
    dashboard = await startDashboardStack({ dataDir: join(folder, 'data'), env: { LOG_LEVEL: 'warn' } });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await dashboard?.stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    expect(browser.problems, 'on the console').toEqual([]);
  });

  it('refuses a wrong key and says so, and lets the right one in', async () => {
    const { page, problems } = browser;
    await page.goto(dashboard.url);
    await page.getByLabel('API key').fill('bw_nobody');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    problems.length = 0; // the browser itself reports the 401
    await signIn(browser, dashboard);
    await page.getByRole('navigation', { name: 'Pages' }).getByText('live').waitFor();
  });

  it('marks what is wrong with a request while it is written', async () => {
    const { page } = browser;
    await page.goto(`${dashboard.url}/runs/new?by=yaml`);
    await page.locator('.cm-content').click();
    await page.keyboard.insertText('tasks:\n  - task_id: "bad id!"\n    config: { model: silero-vad-v5 }\n');
    await page.getByText('One thing is to be changed').waitFor();
    await page.locator('.cm-lintRange-error').waitFor();
    expect(await page.locator('.cm-lintRange-error').textContent()).toContain('bad id!');
    expect(await page.getByRole('button', { name: 'Start', exact: true }).isDisabled()).toBe(true);
  });

  it('starts the quickstart run and shows it live until it is finished', async () => {
    const { page } = browser;
    await page.goto(`${dashboard.url}/runs/new?by=yaml`);
    await page.getByRole('button', { name: 'Put the quickstart in' }).click();
    await page.getByText('Fine: 5 tasks').waitFor();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
    run_url = page.url();
    const tasks = page.getByRole('region', { name: 'Tasks' });
    await tasks.getByText('running').first().waitFor();
    await page.getByRole('tab', { name: 'Samples' }).click();
    await page.getByRole('img', { name: /^latency_ms over time: [1-9]/ }).waitFor();
    await page.getByRole('tab', { name: 'Tasks' }).click();
    await page.getByText('finished').first().waitFor({ timeout: 200_000 });
    await tasks.getByText('completed').nth(4).waitFor();
    expect(await page.getByRole('img', { name: /^waiting .* completed/ }).count()).toBeGreaterThan(0);
  });

  it('opens its results, and a task with its log', async () => {
    const { page } = browser;
    await page.getByRole('tab', { name: 'Results' }).click();
    const results = page.getByRole('region', { name: 'Results by model and batch size' });
    await results.getByText('silero-vad-v6').first().waitFor();
    expect(await results.getByRole('row').count()).toBe(1 + 15);
    await page.getByRole('tab', { name: 'Tasks' }).click();
    await page.getByRole('button', { name: 'vad-v6' }).click();
    await page.getByText('warming up').waitFor();
    expect(page.url()).toContain('task=vad-v6');
    await page.getByRole('button', { name: 'Close' }).click();
  });

  it('shows the same again from its link after a reload', async () => {
    const { page } = browser;
    await page.goto(`${run_url}?tab=results`);
    await page.getByRole('region', { name: 'Results by model and batch size' }).waitFor();
    await page.reload();
    await page.getByRole('tab', { name: 'Results', selected: true }).waitFor();
    await page.getByRole('region', { name: 'Results by model and batch size' }).waitFor();
  });

  it('goes to pages by keys, and switches the theme for good', async () => {
    const { page } = browser;
    const theme = (): Promise<string | null> => page.locator('html').getAttribute('data-mantine-color-scheme');
    await page.goto(dashboard.url);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('w');
    await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor();
    expect(await theme()).toBe('light');
    await page.keyboard.press('t');
    expect(await theme()).toBe('dark');
    await page.reload();
    expect(await theme()).toBe('dark');
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('start a run').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('t');
  });

  it('asks for a reason to drain a worker, and lets it back', async () => {
    const { page } = browser;
    await page.goto(`${dashboard.url}/fleet`);
    const workers = page.getByRole('region', { name: 'Workers', exact: true }).last();
    await workers.getByText('ready').waitFor();
    for (const [action, reason, state] of [
      ['Drain', 'cleaning', 'draining'],
      ['Let it work again', 'clean', 'ready'],
    ] as const) {
      await page.getByRole('button', { name: /^Actions for/ }).click();
      await page.getByRole('menuitem', { name: action }).click();
      await page.getByRole('textbox', { name: 'Reason' }).fill(reason);
      await page.getByRole('button', { name: action, exact: true }).click();
      await workers.getByText(state).waitFor();
    }
  });

  it('says when it has lost the gateway, and goes on by itself when that is back', async () => {
    const { page, problems } = browser;
    const { stack } = dashboard;
    const gateway = stack.service('gateway');
    const state = page.getByRole('navigation', { name: 'Pages' }).getByRole('status');
    await page.goto(`${dashboard.url}/runs`);
    await state.getByText('live').waitFor();
    await stack.stopService(gateway);
    await state.getByText('reconnecting').waitFor();
    gateway.start();
    await gateway.waitReady();
    await state.getByText('live').waitFor();
    problems.length = 0; // the browser itself reports what it could not reach
    const request = { name: 'after the restart', tasks: [{ task_id: 'after', executor: 'noop' }] };
    const { code } = await bw(['run', '-'], { env: stack.env, input: JSON.stringify(request) });
    expect(code).toBe(0);
    await page.getByRole('row', { name: 'after the restart' }).getByText('finished').waitFor();
  });

  it('is accessible and fits a phone, page by page', async () => {
    const { page } = browser;
    const paths = ['/', '/runs', '/runs/new', '/runs/new?by=yaml', '/fleet', '/events', '/rejected', '/keys'];
    const run_path = new URL(run_url).pathname;
    const of_run = ['tasks', 'live', 'results', 'findings', 'events', 'request'].map((tab) => `${run_path}?tab=${tab}`);
    const wrong: string[] = [];
    for (const path of [...paths, ...of_run]) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.goto(dashboard.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      for (const scheme of ['light', 'dark']) {
        wrong.push(...(await seriousViolations(page)).map((violation) => `${path} ${scheme} ${violation}`));
        await page.keyboard.press('t');
      }
      await page.setViewportSize({ width: 390, height: 844 });
      const width = (await page.evaluate('document.documentElement.scrollWidth')) as number;
      if (width > 390) wrong.push(`${path} is ${width} px wide on a phone of 390 px`);
    }
    expect(wrong).toEqual([]);
  });

  it('signs out', async () => {
    const { page } = browser;
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(dashboard.url);
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    await page.reload();
    await page.getByLabel('API key').waitFor();
  });
});
