import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { type Client, connectClient } from '@benchwire/shared/client/client.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';
import { call, HttpClient } from '@benchwire/shared/client/http-client.ts';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeHistory } from '../screenshots/history.ts';
import {
  cutOff,
  resizeTo,
  seriousViolations,
  smallTargets,
  startBrowser,
  type TestBrowser,
} from '../support/browser.ts';
import { whyNoChromium } from '../support/chromium.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';

const missing = whyNoChromium();
if (missing !== undefined) console.warn(`tests of the dashboard's pages: skipped, ${missing}`);

const LONG = 'a_name_that_does_not_end_'.repeat(8);

/** Pages over models and hardware on two workers, and names as long as they may be. */
describe.skipIf(missing !== undefined)('pages of the dashboard', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-pages-'));
  let dashboard: DashboardStack;
  let browser: TestBrowser;
  let client: Client;

  beforeAll(async () => {
    dashboard = await startDashboardStack({
      dataDir: join(folder, 'data'),
      env: {
        ...{ LOG_LEVEL: 'warn', WORKER_COMMANDS: 'node' },
        REPOSITORY_URL: 'git@github.com:acme/models.git',
      },
    });
    browser = await startBrowser();
    client = await connectClient(findStack({ environment: dashboard.stack.env, working_directory: folder }).options);
    await makeHistory(client, folder, { runs: 8, first_slower: 7 });
    await dashboard.stack.addService('worker', { WORKER_LABELS: 'site=lab-2' });
    const api = new HttpClient({ url: dashboard.url, headers: { Authorization: `Bearer ${dashboard.key}` } });
    const pools = async (): Promise<number> => (await api.send(call('GET /api/pools'))).pools.length;
    await vi.waitFor(async () => expect(await pools()).toBe(2), { timeout: 30_000 });
    const program = "console.log(JSON.stringify({ metric: 'request_latency_ms', value: SPEED, unit: 'ms' }))";
    const task = (model: string, speed: number) => ({
      ...{ task_id: model.slice(0, 100), executor: 'command', placement: 'each' },
      config: { model, command: ['node', '-e', program.replace('SPEED', String(speed))] },
    });
    const { run_id } = await client.submit({
      name: LONG,
      source: { commit: 'c'.repeat(40), branch: LONG },
      tasks: [task('fast-model-v2', 2), task(LONG, 4)],
    } as never);
    await client.finished(run_id);
    await signIn(browser, dashboard);
  }, 300_000);
  afterAll(async () => {
    await client?.close();
    await browser?.close();
    await dashboard?.stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    expect(browser.problems, 'on the console').toEqual([]);
  });

  const saved = async (): Promise<string[]> => {
    const api = new HttpClient({ url: dashboard.url, headers: { Authorization: `Bearer ${dashboard.key}` } });
    const { items } = await api.send(call('GET /api/saved/:kind', { params: { kind: 'filters' } }));
    return items.map(({ name }) => name);
  };

  const open = async (path: string): Promise<void> => {
    const { page } = browser;
    await page.goto(dashboard.url + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const loading = page.getByLabel('loading', { exact: true });
    await vi.waitFor(async () => expect(await loading.count()).toBe(0), { timeout: 20_000 });
  };

  it('shows models by hardware, absolute and against a baseline, and leads to the model and the series', async () => {
    const { page } = browser;
    await open('/matrix?metric=request_latency_ms');
    const matrix = page.getByRole('region', { name: 'Matrix' });
    const row = matrix.getByRole('row').filter({ hasText: 'fast-model-v2' });
    await row.getByRole('link', { name: /^2\.000/ }).waitFor();
    await matrix.getByRole('columnheader', { name: /cores? ms$/ }).waitFor();
    // Both workers are on this machine, so what they measure has one history.
    await page.getByText('3 of 3 combinations measured').waitFor();

    await page.getByRole('combobox', { name: 'Baseline' }).click();
    await page.getByRole('option', { name: /^fast-model-v2/ }).click();
    expect(decodeURIComponent(page.url())).toContain('against=model:fast-model-v2|command|');
    await row.getByText('baseline').first().waitFor();
    const other = matrix.getByRole('row').filter({ hasText: 'a_name_that' });
    await other.getByText('+100.0 % worse').first().waitFor();
    await page.reload();
    await other.getByText('+100.0 % worse').first().waitFor();

    await row.getByRole('link', { name: 'fast-model-v2' }).click();
    await page.getByRole('heading', { name: 'fast-model-v2', level: 1 }).waitFor();
    const values = page.getByRole('region', { name: 'Values' }).last();
    await values.getByRole('row').filter({ hasText: 'request_latency_ms' }).waitFor();
    await page.getByRole('img', { name: '2 points in 1 series of request_latency_ms' }).waitFor();
    await values.getByRole('link', { name: '2.000 ms' }).first().click();
    await page.waitForURL(/\/series\/[0-9a-f]{20}/);
  });

  it('lists findings with the picture of their series, filters them by what the address says, and decides several at once', async () => {
    const { page } = browser;
    const { rows } = await client.query('findings', {});
    const commit = rows[0]?.source?.commit ?? '';
    await open(`/findings?commit=${commit.slice(0, 5)}&branch=main&since=2026-01-01&sort=change`);
    const list = page.getByRole('region', { name: 'Greatest change first' });
    const link = list.getByRole('link', { name: 'echo-server request_latency_ms' }).first();
    await link.waitFor();
    await list
      .getByRole('img', { name: /^\d+ values, the first 2/ })
      .first()
      .waitFor();
    await list
      .getByText(/% worse$/)
      .first()
      .waitFor();
    await page.getByRole('textbox', { name: 'Branch' }).fill('nobody');
    await page.getByText('No findings match these filters').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.waitForURL((url) => url.search === '');

    await page.getByRole('checkbox', { name: 'Choose all shown' }).check();
    await page.getByRole('button', { name: /^Dismiss \d/ }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Dismiss' }).isDisabled()).toBe(true);
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('another switch');
    await dialog.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByText('No open findings').waitFor();
    const [settled] = (await client.query('findings', { states: ['dismissed'] })).rows;
    expect(settled?.state_reason).toBe('another switch');

    await open('/findings?state=all');
    await page.getByRole('button', { name: 'Export: Findings' }).click();
    const item = page.getByRole('menuitem', { name: 'CSV' });
    const [file] = await Promise.all([page.waitForEvent('download'), item.click()]);
    const [head, ...lines] = readFileSync(await file.path(), 'utf8')
      .trim()
      .split('\n');
    expect(head).toMatch(/^finding_id,kind,state,/);
    expect(lines).toHaveLength((await client.query('findings', {})).rows.length);
  });

  it('sorts runs on the server, hides a column, saves both with the filters, and exports every run', async () => {
    const { page } = browser;
    for (let at = 0; at < 55; at++)
      await client.submit({ name: `many ${at}`, tasks: [{ task_id: 'n', executor: 'noop' }] } as never);
    await vi.waitFor(async () => {
      const { rows } = await client.query('runs', { search: 'many', statuses: ['completed'], limit: 100 });
      expect(rows).toHaveLength(55);
    }, 120_000);
    await open('/runs?search=many');
    const names = page.getByRole('region', { name: 'Runs' }).last().getByRole('link');
    await page.getByRole('columnheader', { name: 'Run', exact: true }).getByRole('button').click();
    await page.waitForURL(/sort=name/);
    await vi.waitFor(async () => expect(await names.first().textContent()).toBe('many 0'), { timeout: 20_000 });
    await page.getByRole('columnheader', { name: 'Run', exact: true }).getByRole('button').click();
    await page.waitForURL(/order=descending/);
    await vi.waitFor(async () => expect(await names.first().textContent()).toBe('many 9'), { timeout: 20_000 });

    await page.getByRole('button', { name: 'Columns: Runs' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Tags' }).click();
    await page.waitForURL(/hide=tags/);
    await page.getByRole('columnheader', { name: 'Tags' }).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByRole('menuitem', { name: 'Save these filters' }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('the many');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    // Another page of the same list takes all of it back, and exports what it has not loaded.
    await open('/runs');
    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByRole('menuitem', { name: 'the many', exact: true }).click();
    await page.waitForURL((url) => url.search === '?search=many&sort=name&order=descending&hide=tags');
    await vi.waitFor(async () => expect(await names.first().textContent()).toBe('many 9'), { timeout: 20_000 });
    await page.getByRole('button', { name: 'Show more' }).waitFor();
    await page.getByRole('button', { name: 'Export: Runs' }).click();
    const item = page.getByRole('menuitem', { name: 'CSV' });
    const [file] = await Promise.all([page.waitForEvent('download'), item.click()]);
    const lines = readFileSync(await file.path(), 'utf8')
      .trim()
      .split('\n');
    expect(lines).toHaveLength(1 + 55);
    expect(lines[1]).toMatch(/^many 9,completed,/);

    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByRole('menuitem', { name: 'Delete the many' }).click();
    await vi.waitFor(async () => expect(await saved()).toEqual([]), { timeout: 20_000 });
  });

  it('sorts the tasks of a run and the tests on the server, and saves their filters without the open task', async () => {
    const { page } = browser;
    const report = `require('fs').writeFileSync('r.xml', '<testsuite><testcase classname="k" name="ok"/><testcase classname="k" name="bad"><failure/></testcase></testsuite>')`;
    const { run_id } = await client.submit({
      name: 'lists',
      tasks: [
        { task_id: 'b-broken', executor: 'noop', retry_policy: { max_retries: 0 }, config: { behaviour: 'fail' } },
        { task_id: 'a-fine', executor: 'noop' },
        {
          task_id: 'cases',
          type: 'test',
          executor: 'command',
          config: { command: ['node', '-e', report], junit: 'r.xml' },
        },
      ],
    } as never);
    await client.finished(run_id);
    await open(`/runs/${run_id}?task=a-fine`);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    const tasks = page.getByRole('region', { name: 'Tasks', exact: true });
    const first = (name: RegExp): Locator => tasks.getByRole('row').nth(1).getByRole('button', { name });
    await tasks.getByRole('columnheader', { name: 'Task' }).getByRole('button').click();
    await page.waitForURL(/sort=task_id/);
    await first(/^a-fine$/).waitFor();
    await tasks.getByRole('columnheader', { name: 'Reason' }).getByRole('button').click();
    await page.waitForURL(/sort=reason/);
    await first(/^(b-broken|cases)$/).waitFor();
    await page.getByRole('button', { name: 'Columns: Tasks' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Worker' }).click();
    await tasks.getByRole('columnheader', { name: 'Worker' }).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await open(`${new URL(page.url()).pathname}${new URL(page.url()).search}&state=failed&task=b-broken`);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByRole('menuitem', { name: 'Save these filters' }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('what failed');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await vi.waitFor(async () => expect(await saved()).toEqual(['tasks/what failed']), { timeout: 20_000 });
    await open(`/runs/${run_id}`);
    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByRole('menuitem', { name: 'what failed', exact: true }).click();
    await page.waitForURL((url) => url.search === '?sort=reason&hide=worker_id&state=failed');
    await tasks.getByText('a-fine').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Saved filters' }).click();
    await page.getByRole('menuitem', { name: 'Delete what failed' }).click();
    await vi.waitFor(async () => expect(await saved()).toEqual([]), { timeout: 20_000 });

    await open('/tests');
    const cases = page.getByRole('region', { name: 'Test cases' }).last();
    await cases.getByRole('row').nth(1).getByText('k › bad').waitFor();
    await cases.getByRole('columnheader', { name: 'Test' }).getByRole('button').click();
    await cases.getByRole('columnheader', { name: 'Test' }).getByRole('button').click();
    await page.waitForURL(/sort=test&order=descending/);
    await cases.getByRole('row').nth(1).getByText('k › ok').waitFor();
  });

  it('shows of a finding what is chosen', async () => {
    const { page } = browser;
    await open('/findings?state=all');
    const list = page.getByRole('region', { name: 'Newest first' });
    const found = list.getByRole('listitem').first();
    await page.getByRole('button', { name: 'Columns: Findings' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Effect size' }).click();
    await found.getByText(/-?\d.* sigma/).waitFor();
    await page.getByRole('menuitemcheckbox', { name: 'Picture' }).click();
    await found.getByRole('img', { name: /values, the first/ }).waitFor({ state: 'detached' });
    await page.reload();
    await found.getByText(/sigma/).waitFor();
    expect(await found.getByRole('img', { name: /values, the first/ }).count()).toBe(0);
  });

  it('shows a history by commit, from zero or as a logarithm, and keeps a zoom in the address until all is shown', async () => {
    const { page } = browser;
    const [{ series_id = '' } = {}] = (await client.query('series', { search: 'echo-server' })).rows;
    await open(`/series/${series_id}?axis=commit&values=log`);
    const picture = page.getByRole('img', { name: /^\d+ points of echo-server/ });
    await page.waitForLoadState('networkidle');
    const box = await picture.boundingBox();
    if (box === null) throw new Error('no picture');
    await page.mouse.move(box.x + box.width / 4, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + (box.width * 3) / 4, box.y + box.height / 2, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/zoom=\d+(\.\d+)?-\d+/);
    const shown = new URL(page.url()).searchParams.get('zoom');
    await page.reload();
    await page.getByRole('button', { name: 'Reset zoom' }).waitFor();
    expect(new URL(page.url()).searchParams.get('zoom')).toBe(shown);
    await page.getByRole('button', { name: 'Reset zoom' }).click();
    await page.waitForURL((url) => !url.searchParams.has('zoom'));
    expect(new URL(page.url()).searchParams.get('values')).toBe('log');
    await page.getByRole('combobox', { name: 'Values' }).click();
    await page.getByRole('option', { name: 'axis from zero' }).click();
    await page.waitForURL(/values=zero/);
  });

  it('draws several series over each other, of a part of the time, and leads to the commits in the repository', async () => {
    const { page } = browser;
    const rows = (await client.query('series', { search: 'request_latency_ms' })).rows;
    const idOf = (model: string): string => rows.find((row) => row.model === model)?.series_id ?? '';
    await open(`/series/${idOf('echo-server')}?since=30d`);
    await page.getByRole('combobox', { name: 'Add series' }).fill('fast-model-v2');
    await page.getByRole('option', { name: /^fast-model-v2 request_latency_ms/ }).click();
    await page.waitForURL((url) => url.searchParams.get('with') === idOf('fast-model-v2'));
    const picture = page.getByRole('img', { name: /^\d+ points of echo-server .*, 1 more series$/ });
    await picture.waitFor();
    await page.reload();
    await picture.waitFor();
    await page.getByText('Interval', { exact: true }).click();
    await page.waitForURL(/interval=shown/);
    // The server of this test names the repository of runs that name none.
    const points = page.getByRole('region', { name: 'Points', exact: true }).first();
    const link = (name: RegExp) => points.getByRole('link', { name }).first().getAttribute('href');
    expect(await link(/^[0-9a-f]{8}$/)).toMatch(/^https:\/\/github\.com\/acme\/models\/commit\/[0-9a-f]{8}$/);
    expect(await link(/^[0-9a-f]{8}\.\.[0-9a-f]{8}$/)).toMatch(
      /\/acme\/models\/compare\/[0-9a-f]{8}\.\.\.[0-9a-f]{8}$/,
    );
    await page.getByText('7 days', { exact: true }).click();
    await page.waitForURL(/since=7d/);
    await picture.waitFor();
    await open(`/series/${idOf('echo-server')}?until=2026-01-01`);
    await page.getByText('No points in this range').waitFor();
  });

  it('calls pools and workers by the names that people give them', async () => {
    const { page } = browser;
    const [pool = ''] = (await client.query('workers', {})).rows.flatMap((worker) => worker.pools);
    await open('/fleet');
    await page.getByRole('button', { name: `Name ${pool}` }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('The one in the cellar');
    await dialog.getByRole('textbox', { name: 'Note' }).fill('Ada has the key');
    await dialog.getByRole('button', { name: 'Save' }).click();
    const queues = page.getByRole('region', { name: 'Pools', exact: true });
    await queues.getByRole('link', { name: 'The one in the cellar' }).waitFor();
    await open('/');
    const named = page.getByRole('region', { name: 'Pools', exact: true }).getByText('The one in the cellar');
    expect(await named.getAttribute('title')).toBe(`${pool}\nAda has the key`);
    const changes = (await client.query('events', { entity: 'access' })).rows.map(({ message }) => message);
    expect(changes.some((message) => message.includes(`PUT /api/names/pool/${pool} 200`))).toBe(true);

    // Without a name and a note it is called as before.
    await open('/fleet');
    await page.getByRole('button', { name: `Name ${pool}` }).click();
    await dialog.getByRole('textbox', { name: 'Name' }).fill('');
    await dialog.getByRole('textbox', { name: 'Note' }).fill('');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await queues.getByRole('link', { name: 'The one in the cellar' }).waitFor({ state: 'detached' });
    expect(await queues.getByText(/cores?/).count()).toBeGreaterThan(0);
  });

  it('cuts off no text, is accessible and fits fingers, on three widths, with names of 200 characters', async () => {
    const { page } = browser;
    const { rows } = await client.query('findings', {});
    const finding = `/findings/${encodeURIComponent(rows[0]?.finding_id ?? '')}`;
    const [run] = (await client.query('runs', { search: 'a_name' })).rows;
    const other = (await client.query('runs', {})).rows.find(({ run_id }) => run_id !== run?.run_id)?.run_id;
    const [worker] = (await client.query('workers', {})).rows;
    const api = new HttpClient({ url: dashboard.url, headers: { Authorization: `Bearer ${dashboard.key}` } });
    const [test] = (await api.send(call('GET /api/tests'))).items;
    const sql = 'SELECT state, count() AS tasks FROM tasks GROUP BY state';
    // Each address of the router with examples of it.
    const paths: Record<string, string[]> = {
      '/': ['/'],
      '/runs': ['/runs'],
      '/runs/new': ['/runs/new', '/runs/new?by=yaml'],
      '/runs/:run_id': ['', '?tab=results', '?tab=timeline', '?tab=findings', '?tab=events'].map(
        (tab) => `/runs/${run?.run_id}${tab}`,
      ),
      '/compare': [
        '/compare',
        `/compare?model=fast-model-v2&model=${LONG}`,
        `/compare?run=${run?.run_id}&run=${other}`,
      ],
      '/matrix': ['', '&view=families', '&view=efficiency', '&view=compatibility', '&view=history', '&view=3d'].map(
        (view) => `/matrix?metric=request_latency_ms${view}`,
      ),
      '/matrix/model': [`/matrix/model?model=${LONG}`],
      '/slower': ['/slower'],
      '/analytics': ['/analytics?period=1d&baseline=30d'],
      '/series': ['/series'],
      '/series/:series_id': [`/series/${rows[0]?.series_id}`],
      '/findings': ['/findings?state=all', '/findings?by=incident&state=all'],
      '/findings/:finding_id': [finding],
      '/tests': ['/tests'],
      '/tests/:case_id': [`/tests/${test?.case_id}`],
      '/fleet': ['/fleet'],
      '/fleet/:worker_id': [`/fleet/${worker?.worker_id}`],
      '/faults': ['/faults'],
      '/gates': ['/gates'],
      '/notifications': ['/notifications'],
      '/settings': ['/settings'],
      '/reports': [`/reports?${new URLSearchParams({ sql, chart: 'bar' })}`],
      '/events': ['/events'],
      '/audit': ['/audit'],
      '/rejected': ['/rejected'],
      '/snapshots': ['/snapshots'],
      '/keys': ['/keys'],
    };
    const router = readFileSync(join(repositoryRoot, 'dashboard/src/page-routes.tsx'), 'utf8');
    const routes = [...router.matchAll(/<Route path="([^"]+)"/g)].map(([, path = '']) => path);
    expect(Object.keys(paths).toSorted()).toEqual(routes.toSorted());
    const wrong: string[] = [];
    for (const path of Object.values(paths).flat()) {
      // Loaded once and made narrower, as a window is; only what is still wrong once it has settled counts.
      await resizeTo(page, 1440);
      await open(path);
      for (const width of [1440, 1024, 390]) {
        await resizeTo(page, width);
        const look = async (): Promise<string[]> => [
          ...(await cutOff(page)),
          ...(width === 390 ? await smallTargets(page) : []),
        ];
        const settled = vi.waitFor(async () => expect(await look()).toEqual([]), { timeout: 1500 });
        await settled.catch(() => undefined);
        wrong.push(...(await look()).map((each) => `${path} at ${width} px: ${each}`));
      }
      wrong.push(...(await seriousViolations(page)).map((violation) => `${path} ${violation}`));
    }
    expect(wrong).toEqual([]);
  });
});
