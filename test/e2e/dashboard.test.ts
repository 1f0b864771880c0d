import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connectClient } from '@benchwire/shared/client/client.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeHistory } from '../screenshots/history.ts';
import { seriousViolations, startBrowser, type TestBrowser } from '../support/browser.ts';
import { bw } from '../support/bw.ts';
import { whyNoChromium } from '../support/chromium.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';

const missing = whyNoChromium();
if (missing !== undefined) console.warn(`tests of the dashboard: skipped, ${missing}`);

/** The page in a real browser on a real stack, used as a person uses it. The tests follow each other. */
describe.skipIf(missing !== undefined)('the dashboard', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-dashboard-'));
  let dashboard: DashboardStack;
  let browser: TestBrowser;
  let client: Client;
  let run_url: string;
  /** Of the page of one test case. */
  let test_path = '/tests';
  /** Runs of one program, the last one slower. */
  let history: string[];

  beforeAll(async () => {
    dashboard = await startDashboardStack({
      dataDir: join(folder, 'data'),
      env: { LOG_LEVEL: 'warn', WORKER_COMMANDS: 'node' },
    });
    browser = await startBrowser();
    const { options } = findStack({ environment: dashboard.stack.env, working_directory: folder });
    client = await connectClient(options);
  });
  afterAll(async () => {
    await client?.close();
    await browser?.close();
    await dashboard?.stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    expect(browser.problems, 'on the console').toEqual([]);
  });

  /** What a click hands out as a file. */
  const saved = async (button: Locator): Promise<{ name: string; text: string }> => {
    const [file] = await Promise.all([browser.page.waitForEvent('download'), button.click()]);
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') };
  };

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
    await page.getByText('1 problem').waitFor();
    await page.locator('.cm-lintRange-error').waitFor();
    expect(await page.locator('.cm-lintRange-error').textContent()).toContain('bad id!');
    expect(await page.getByRole('button', { name: 'Start', exact: true }).isDisabled()).toBe(true);
  });

  it('starts a run of models of the catalogue, checked before, and saves its report when it has ended', async () => {
    const { page } = browser;
    await page.goto(`${dashboard.url}/runs/new?by=models`);
    await page.getByText('Fill in').waitFor();
    const models = page.getByRole('combobox', { name: 'Models' });
    const sizes = page.getByRole('textbox', { name: 'Batch sizes' });
    const start = page.getByRole('button', { name: 'Start', exact: true });
    await models.fill('bert');
    await page.getByRole('option', { name: 'bert', exact: true }).click();
    await page.getByText('bert cannot be measured now').waitFor();
    expect(await start.isDisabled()).toBe(true);
    await page.getByLabel('Start also where no worker has PyTorch yet').check();
    await page.getByText('bert will wait: no worker offers the executor torch').waitFor();
    await page.getByText('Valid: 1 task').waitFor();
    await models.fill('silero-vad-v5');
    await page.getByRole('option', { name: 'silero-vad-v5', exact: true }).click();
    await page.getByText('Valid: 2 tasks').waitFor();
    await sizes.fill('auto');
    await page.getByText('auto is for model types').waitFor();
    await sizes.fill('1, 2');
    // Choosing it once more takes it out again.
    await models.fill('bert');
    await page.getByRole('option', { name: 'bert', exact: true }).click();
    await page.getByLabel('Save a report when the run has ended').check();
    await page.getByText('Valid: 1 task').waitFor();
    const report = await saved(start);
    expect(page.url()).toMatch(/\/runs\/[0-9a-f-]{36}/);
    expect(report.text).toContain('silero-vad-v5');
  });

  it('starts the quickstart run and shows it live until it is finished', async () => {
    const { page } = browser;
    await page.goto(`${dashboard.url}/runs/new?by=yaml`);
    await page.getByRole('button', { name: 'Insert example' }).click();
    await page.getByText('Valid: 5 tasks').waitFor();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
    run_url = page.url();
    const tasks = page.getByRole('region', { name: 'Tasks' });
    await tasks.getByText('running').first().waitFor();
    await page.getByRole('tab', { name: 'Samples' }).click();
    await page.getByRole('img', { name: /^latency_ms over time: [1-9]/ }).waitFor();
    await page.getByRole('tab', { name: 'Tasks' }).click();
    const run_state = page.locator('.bw-run-state');
    await run_state.getByText('completed', { exact: true }).waitFor({ timeout: 200_000 });
    await tasks.getByText('completed').nth(4).waitFor();
    expect(await page.getByRole('img', { name: /^waiting .* completed/ }).count()).toBeGreaterThan(0);
  });

  it('opens its results, and a task with its log', async () => {
    const { page } = browser;
    await page.getByRole('tab', { name: 'Results' }).click();
    const results = page.getByRole('region', { name: 'Results by model and batch size' });
    await results.getByText('silero-vad-v6').first().waitFor();
    expect(await results.getByRole('row').count()).toBe(1 + 15);
    await page.getByRole('button', { name: 'Report', exact: true }).click();
    const report = await saved(page.getByRole('menuitem', { name: 'HTML' }));
    expect(report.name).toMatch(/^benchwire-report-[0-9a-f-]{13}\.html$/);
    expect(report.text).toContain('<title>quickstart · Benchwire</title>');
    const median = await results.getByRole('row').nth(1).getByRole('cell').nth(3).textContent();
    // The report writes no zeros at the end: 9.09 for 9.090.
    expect(report.text).toContain(`<td class="n">${Number(median)}<`);
    await page.getByRole('tab', { name: 'Tasks' }).click();
    await page.getByRole('button', { name: 'Export: Timeline' }).click();
    const timeline = await saved(page.getByRole('menuitem', { name: 'SVG' }));
    expect(timeline.text).toContain('vad-v6</text>');
    await page.getByRole('button', { name: 'vad-v6', exact: true }).click();
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

  it('compares two runs, says whether they differ, and exports the picture and the table', async () => {
    const { page } = browser;
    history = await makeHistory(client, folder, { runs: 8, first_slower: 7 });
    const [first = '', , , , , , , last = ''] = history;
    await page.goto(`${dashboard.url}/runs?search=server`);
    for (const run_id of [last, first]) {
      const row = page.getByRole('row').filter({ has: page.locator(`a[href="/runs/${run_id}"]`) });
      await row.getByRole('checkbox').check();
    }
    await page.getByRole('link', { name: 'Compare 2 runs' }).click();
    await page.getByText(/request_latency_ms: 1 better of 1 value/).waitFor();
    await page.getByRole('region', { name: 'Compared: request_latency_ms' }).getByText('better').waitFor();
    await page.getByRole('img', { name: /^Raw samples of request_latency_ms: 40 of / }).waitFor();

    await page.getByRole('button', { name: 'Export: Distribution of request_latency_ms' }).click();
    const picture = await saved(page.getByRole('menuitem', { name: 'SVG' }));
    expect(picture.name).toBe('distribution-of-request-latency-ms.svg');
    expect(picture.text).toMatch(/^<svg .*<\/svg>$/s);
    await page.getByRole('button', { name: 'Export: Distribution of request_latency_ms' }).click();
    expect((await saved(page.getByRole('menuitem', { name: 'PNG' }))).text.slice(1, 4)).toBe('PNG');
    await page.getByRole('button', { name: 'Export: Compared: request_latency_ms' }).click();
    const [head = '', line = ''] = (await saved(page.getByRole('menuitem', { name: 'CSV' }))).text.split('\n');
    expect(head.split(',').at(-1)).toContain('verdict');
    expect(line).toMatch(/^echo-server,.*,better$/);
  });

  it('answers on the overview what is red, what fails, what runs and how the fleet is, also on a phone', async () => {
    const { page } = browser;
    const broken = {
      name: 'always broken',
      tasks: [{ task_id: 'b', executor: 'noop', config: { behaviour: 'fail' } }],
    };
    const { run_id } = await client.submit({
      ...broken,
      tasks: broken.tasks.map((task) => ({ ...task, retry_policy: { max_retries: 0 } })),
    });
    await client.finished(run_id);
    await page.goto(dashboard.url);
    const answer = (name: string): Locator => page.getByRole('region', { name, exact: true });
    await answer('Failing runs').getByRole('link', { name: 'always broken' }).waitFor();
    await answer('Fleet').getByText('1 of 1 worker ready').waitFor();
    await answer('Regressions').getByText('1 open').waitFor();
    await answer('Regressions')
      .getByText(/% worse$/)
      .waitFor();
    await answer('What changed').getByRole('link', { name: '1 new regression' }).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    for (const name of ['Regressions', 'Failing runs', 'Running', 'Fleet']) {
      const box = await answer(name).boundingBox();
      expect((box?.y ?? 844) + (box?.height ?? 0), `${name} ends on the first screen`).toBeLessThanOrEqual(844);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await answer('Regressions').getByRole('link', { name: '1 open' }).click();
    await page.getByRole('link', { name: 'echo-server request_latency_ms' }).waitFor();
  });

  it('shows a series with what was found in it, and takes a note', async () => {
    const { page } = browser;
    await page.goto(`${dashboard.url}/series?search=request_latency`);
    await page.getByRole('link', { name: 'echo-server' }).click();
    await page.getByRole('img', { name: /^\d+ points of echo-server request_latency_ms/ }).waitFor();
    await page.getByRole('button', { name: 'Add a note' }).click();
    await page.getByRole('textbox', { name: 'Note' }).fill('new switch in the rack');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('region', { name: 'Annotations' }).last().getByText('new switch in the rack').waitFor();
  });

  it('acknowledges a finding, reopens it, and dismisses it with a reason only', async () => {
    const { page } = browser;
    await page.goto(`${dashboard.url}/findings`);
    await page.getByRole('link', { name: 'echo-server request_latency_ms' }).click();
    await page
      .getByText(/higher than the median/)
      .first()
      .waitFor();
    await page.getByRole('region', { name: 'Tests' }).getByRole('row').nth(1).waitFor();
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('accepted as real').waitFor();
    await page.getByRole('button', { name: 'Reopen' }).click();
    await page.getByRole('button', { name: 'Acknowledge' }).waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    const dismiss = page.getByRole('dialog').getByRole('button', { name: 'Dismiss' });
    expect(await dismiss.isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: 'Reason' }).fill('the switch, not us');
    await dismiss.click();
    await page.getByText('dismissed with a reason').waitFor();
    await page.getByText('the switch, not us').waitFor();
  });

  it('answers a statement, keeps it, and shows it on a layout that a link shares', async () => {
    const { page } = browser;
    await page.goto(`${dashboard.url}/reports`);
    await page.getByRole('button', { name: 'Tasks by state and pool' }).click();
    await page.getByRole('region', { name: 'Tasks by state and pool' }).getByText('completed').first().waitFor();
    await page.getByRole('textbox', { name: 'Name of the query' }).fill('tasks now');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'tasks now', exact: true }).waitFor();

    await page.goto(dashboard.url);
    await page.getByRole('button', { name: 'Layout' }).click();
    await page.getByRole('menuitem', { name: 'Edit layout' }).click();
    await page.getByRole('button', { name: 'Remove' }).first().click();
    await page.getByRole('combobox', { name: 'Add panel' }).click();
    await page.getByRole('option', { name: 'A saved query' }).click();
    await page.getByRole('combobox', { name: 'Of' }).click();
    await page.getByRole('option', { name: 'tasks now' }).click();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    const link = page.url();
    await page.getByRole('button', { name: 'Layout' }).click();
    await page.getByRole('menuitem', { name: 'Save as' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('mine');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.waitForURL(/layout=mine/);
    await page.getByRole('button', { name: 'mine' }).click();
    const exported = await saved(page.getByRole('menuitem', { name: 'Export' }));
    expect(JSON.parse(exported.text).panels.at(-1)).toEqual({ kind: 'query', columns: 6, of: 'tasks now' });
    await page.goto(link);
    await page.getByRole('region', { name: 'tasks now' }).first().getByText('completed').first().waitFor();
    expect(await page.getByRole('region', { name: 'Running now' }).count()).toBe(0);
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
    // Keys are heard once the page is there.
    await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor();
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
      ['Resume', 'clean', 'ready'],
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
    await page.getByRole('row', { name: 'after the restart' }).getByText('completed', { exact: true }).waitFor();
  });

  it('shows how a test case ended, run by run, and leads from a task to it and back', async () => {
    const { page } = browser;
    const program = `require('fs').writeFileSync('r.xml', '<testsuite><testcase classname="sums" name="adds">' + (process.argv[1] === 'fails' ? '<failure message="2 is not 3"/>' : '') + '</testcase></testsuite>')`;
    for (const ends of ['passes', 'fails', 'passes', 'fails']) {
      const config = { command: ['node', '-e', program, ends], junit: 'r.xml' };
      const task = { task_id: 'sums', type: 'test', executor: 'command', not_in_series: ['command[3]'], config };
      const request = { name: 'sums of tests', source: { commit: 'abc1234' }, tasks: [task] };
      const ran = await bw(['run', '-', '--no-git'], { env: dashboard.stack.env, input: JSON.stringify(request) });
      expect(ran.code, ran.stdout + ran.stderr).toBe(ends === 'fails' ? 1 : 0);
    }
    await page.goto(`${dashboard.url}/tests?search=adds&only=flaky`);
    const row = page.getByRole('row', { name: 'adds' });
    await row.getByText('2 of 4').waitFor();
    await row.getByRole('img', { name: '2 failed, 2 passed' }).waitFor();
    await row.getByRole('link', { name: 'adds' }).click();
    await page.getByText('both passed and failed on 1 of 1 commits or settings').waitFor();
    test_path = new URL(page.url()).pathname;
    await page.getByRole('link', { name: 'failed in run' }).last().click();
    const drawer = page.getByRole('dialog');
    await drawer.getByText('0 passed, 1 failed').waitFor();
    await drawer.getByRole('link', { name: 'adds' }).click();
    await page.getByRole('heading', { name: 'Executions' }).waitFor();
    await page.goto(`${dashboard.url}/tests?search=nothing-like-it`);
    await page.getByText('No test cases match these filters').waitFor();
  });

  it('is accessible and fits a phone, page by page', async () => {
    const { page } = browser;
    const { rows } = await client.query('findings', { states: ['dismissed'] });
    const { finding_id = '', series_id = '' } = rows[0] ?? {};
    const paths = [
      ...[
        '/',
        '/?layout=mine',
        '/runs',
        '/matrix',
        ...['compatibility', 'families', 'efficiency', 'history', '3d', '3d&as=flat'].map(
          (view) => `/matrix?view=${view}&metric=request_latency_ms`,
        ),
        '/slower',
        '/snapshots',
        '/analytics?period=1d&baseline=30d',
        '/runs/new',
        '/runs/new?by=yaml',
        '/runs/new?by=models',
        '/matrix/model?model=bert',
        '/fleet',
        '/faults',
        '/gates',
        '/notifications',
        '/settings',
        '/tests',
        test_path,
        '/events',
        '/audit',
        '/audit?subject=local&path=/api/runs',
        '/rejected',
        '/keys',
      ],
      ...[`/compare?run=${history[0]}&run=${history[7]}`, '/series', `/series/${series_id}`, '/findings?state=all'],
      ...['/findings?by=incident&state=all', `/findings/${encodeURIComponent(finding_id)}`],
      '/reports?sql=SELECT+state,+count()+AS+tasks+FROM+tasks+GROUP+BY+state&chart=bar',
    ];
    const run_path = new URL(run_url).pathname;
    const of_run = ['tasks', 'live', 'results', 'findings', 'events', 'request'].map((tab) => `${run_path}?tab=${tab}`);
    const wrong: string[] = [];
    for (const path of [...paths, ...of_run]) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.goto(dashboard.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const loading = page.getByLabel('loading', { exact: true });
      await vi.waitFor(async () => expect(await loading.count()).toBe(0), { timeout: 20_000 });
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
    // What is asked while the session ends is refused, which the browser reports.
    await page.waitForLoadState('networkidle');
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    await page.reload();
    await page.getByLabel('API key').waitFor();
  });
});
