import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connectClient } from '@benchwire/shared/client/client.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cutOff, seriousViolations, startBrowser, type TestBrowser } from '../support/browser.ts';
import { whyNoChromium } from '../support/chromium.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';

const missing = whyNoChromium();
if (missing !== undefined) console.warn(`tests of snapshots: skipped, ${missing}`);

/** Snapshots of pages, and archived and deleted runs, as a person uses them. The tests follow each other. */
describe.skipIf(missing !== undefined)('the dashboard', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-snapshots-'));
  let dashboard: DashboardStack;
  let browser: TestBrowser;
  let client: Client;
  const runs: string[] = [];
  /** The content of a snapshot as a file. */
  let file: string;

  beforeAll(async () => {
    dashboard = await startDashboardStack({
      dataDir: join(folder, 'data'),
      env: { LOG_LEVEL: 'warn', WORKER_COMMANDS: 'node' },
    });
    browser = await startBrowser();
    client = await connectClient(findStack({ environment: dashboard.stack.env, working_directory: folder }).options);
    const program = "console.log(JSON.stringify({ metric: 'request_latency_ms', value: 12.5, unit: 'ms' }))";
    for (const name of ['first-run', 'second-run']) {
      const config = { model: 'm', command: ['node', '-e', program] };
      const { run_id } = await client.submit({
        name,
        tasks: [{ task_id: 'measure', executor: 'command', config }],
      } as never);
      await client.finished(run_id);
      runs.push(run_id);
    }
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

  const banner = () => browser.page.getByRole('region', { name: 'Snapshot' });

  it('takes a snapshot of a run with its results', async () => {
    const { page } = browser;
    // What is still on its way when it is saved belongs to it, too.
    const saved = Promise.withResolvers<void>();
    await page.route('**/api/runs/*/verdict*', async (route) => {
      await saved.promise;
      await route.continue();
    });
    await page.goto(`${dashboard.url}/runs/${runs[0]}?tab=results`);
    await page.getByRole('cell', { name: '12.5' }).first().waitFor();
    await page.getByRole('button', { name: 'Take a snapshot' }).click();
    await page.getByLabel('Title').fill('Before the cleanup <script>alert(1)</script>');
    await page.getByRole('button', { name: 'Save snapshot' }).click();
    saved.resolve();
    await banner().getByText('Before the cleanup').waitFor();
    await page.unroute('**/api/runs/*/verdict*');
    await page.getByRole('heading', { name: 'first-run' }).waitFor();
    await page.getByRole('cell', { name: '12.5' }).first().waitFor();
    // Nothing of it can be changed.
    expect(await page.getByRole('button', { name: 'Repeat' }).count()).toBe(0);
  });

  it('archives a run, which the list then has only on demand, and restores it', async () => {
    const { page } = browser;
    const row = page.getByRole('row').filter({ hasText: 'second-run' });
    await page.goto(`${dashboard.url}/runs`);
    await row.getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Archive 1' }).click();
    await page.getByLabel('Reason').fill('not needed now');
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await row.waitFor({ state: 'detached' });
    await page.goto(`${dashboard.url}/runs?archived=only`);
    await row.getByText('archived').waitFor();
    await page.goto(`${dashboard.url}/runs/${runs[1]}`);
    await page.getByText(/^Archived/).waitFor();
    await page.getByRole('button', { name: 'Restore' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
    await page.getByText(/^Archived/).waitFor({ state: 'detached' });
    await page.goto(`${dashboard.url}/runs`);
    await row.waitFor();
  });

  it('deletes a run for good, and its snapshot still shows it', async () => {
    const { page } = browser;
    await page.goto(`${dashboard.url}/runs`);
    const row = page.getByRole('row').filter({ hasText: 'first-run' });
    await row.getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Delete 1' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await row.waitFor({ state: 'detached' });
    expect((await client.query('run', { run_id: runs[0] ?? '' })).rows).toEqual([]);

    await page.goto(`${dashboard.url}/snapshots`);
    await page.getByRole('link', { name: /Before the cleanup/ }).click();
    await page.getByRole('heading', { name: 'first-run' }).waitFor();
    await page.getByRole('cell', { name: '12.5' }).first().waitFor();
    // What the page did not show when it was taken says so.
    await page.getByRole('tab', { name: 'Events' }).click();
    await page.getByText('was not on the page when the snapshot was taken').waitFor();
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      banner().getByRole('button', { name: 'Save as file' }).click(),
    ]);
    file = readFileSync(await saved.path(), 'utf8');
    expect(JSON.parse(file)).toMatchObject({ benchwire_snapshot: 1, page: `/runs/${runs[0]}?tab=results` });
  });

  it('imports a file of a snapshot, and says what is wrong with another one', async () => {
    const { page } = browser;
    await banner().getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete snapshot' }).click();
    await page.getByText('No snapshots yet').waitFor();
    const choose = async (name: string, text: string): Promise<void> => {
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        page.getByRole('button', { name: 'Import a file' }).click(),
      ]);
      await chooser.setFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
    };
    await choose('other.json', 'no json');
    await page.getByText('other.json is not JSON').waitFor();
    await choose('other.json', '{}');
    await page.getByText('other.json is not a snapshot').waitFor();
    const evil = JSON.parse(file) as { answers: Array<{ path: string; answer: { name?: string } }>; page: string };
    await choose('evil.json', JSON.stringify({ ...evil, page: 'javascript:alert(1)' }));
    await page.getByText('is not the address of a page of the dashboard').waitFor();
    // The browser itself reports the 422.
    expect(browser.problems.splice(0).join()).toContain('422');

    const run = evil.answers.find(({ path }) => path === `/api/runs/${runs[0]}`);
    if (run !== undefined) run.answer.name = '<img src=x onerror="window.hacked = 1">';
    await choose('evil.json', JSON.stringify(evil));
    await page.getByRole('heading', { name: '<img src=x' }).waitFor();
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    await banner().getByRole('button', { name: 'Pin' }).click();
    await banner().getByRole('button', { name: 'Let it expire' }).waitFor();
  });

  it('shows snapshots on a phone and on a desk, accessible and with nothing cut off', async () => {
    const { page } = browser;
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect([width, await cutOff(page)]).toEqual([width, []]);
      expect(await seriousViolations(page)).toEqual([]);
    }
    await page.goto(`${dashboard.url}/snapshots`);
    await page.getByRole('link', { name: /Before the cleanup/ }).waitFor();
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect([width, await cutOff(page)]).toEqual([width, []]);
    }
  });
});
