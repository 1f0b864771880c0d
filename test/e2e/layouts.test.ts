import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey } from '@benchwire/shared/client/api-keys.ts';
import { type Client, connectClient } from '@benchwire/shared/client/client.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { whyNoChromium } from '../support/chromium.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';

const missing = whyNoChromium();
if (missing !== undefined) console.warn(`tests of layouts: skipped, ${missing}`);

/** Two people, each with a browser and a key of their own, on one layout. The tests follow each other. */
describe.skipIf(missing !== undefined)('layouts of the overview', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-layouts-'));
  let dashboard: DashboardStack;
  let client: Client;
  let ada: TestBrowser;
  let ben: TestBrowser;

  beforeAll(async () => {
    dashboard = await startDashboardStack({
      dataDir: join(folder, 'data'),
      env: { LOG_LEVEL: 'warn', WORKER_COMMANDS: 'node' },
    });
    client = await connectClient(findStack({ environment: dashboard.stack.env, working_directory: folder }).options);
    const person = async (name: string): Promise<TestBrowser> => {
      const { key } = await createApiKey(client.nats, { name, role: 'submitter' });
      const browser = await startBrowser();
      await signIn(browser, { url: dashboard.url, key });
      return browser;
    };
    [ada, ben] = [await person('Ada'), await person('Ben')];
  }, 300_000);
  afterAll(async () => {
    await client?.close();
    await Promise.all([ada?.close(), ben?.close()]);
    await dashboard?.stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    // The browser itself reports answers that say that the layout was changed or deleted.
    const problems = [...ada.problems, ...ben.problems].filter(
      (text) => !/(409|404).*\/api\/saved\/layouts\//.test(text),
    );
    expect(problems, 'on the console').toEqual([]);
  });

  const menu = async (page: Page, button: string | RegExp, item: string): Promise<void> => {
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  const edit = (page: Page): Promise<void> => menu(page, /^ours/, 'Edit layout');
  const tool = (page: Page, panel: string, name: string): Promise<void> =>
    page.locator('.bw-packed > div').filter({ hasText: panel }).getByRole('button', { name }).first().click();
  const panels = async (): Promise<string[]> => {
    const answer = await fetch(`${dashboard.url}/api/saved/layouts/ours`, {
      headers: { authorization: `Bearer ${dashboard.key}` },
    });
    const { value } = (await answer.json()) as { value: { panels: Array<{ kind: string; columns: number }> } };
    return value.panels.map(({ kind, columns }) => `${kind} ${columns}`);
  };
  const openOurs = async ({ page }: TestBrowser): Promise<void> => {
    await page.goto(`${dashboard.url}/?layout=ours`);
    await page.getByRole('button', { name: 'ours', exact: true }).waitFor();
    await page.getByRole('region', { name: 'Running now' }).first().waitFor();
  };

  it('of one name are not replaced by another one', async () => {
    for (const [{ page }, refused] of [
      [ada, false],
      [ben, true],
    ] as const) {
      await page.goto(dashboard.url);
      await menu(page, 'Layout', 'Save as');
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Name' }).fill('ours');
      await dialog.getByRole('button', { name: 'Save' }).click();
      if (refused) await dialog.getByText('"ours" was saved by Ada').waitFor();
      else await page.waitForURL(/layout=ours/);
    }
    expect(await panels()).toEqual(['running 7', 'findings 5', 'pools 7', 'throughput 5', 'top_models 12']);
  });

  it('that two change at once have the changes of both', async () => {
    for (const person of [ada, ben]) {
      await openOurs(person);
      await edit(person.page);
    }
    await tool(ada.page, 'Newest findings', 'Wider');
    await menu(ada.page, 'ours, changed', 'Save ours');
    await ada.page.waitForURL((url) => url.search === '?layout=ours');
    await tool(ben.page, 'Queues', 'Remove');
    await ben.page.getByText('Ada saved a newer version of "ours"').waitFor();
    await menu(ben.page, 'ours, changed', 'Save ours');
    const dialog = ben.page.getByRole('dialog');
    await dialog.getByText('You changed different panels, so both changes can be kept.').waitFor();
    await dialog.getByRole('button', { name: 'Save both' }).click();
    await ben.page.waitForURL((url) => url.search === '?layout=ours');
    expect(await panels()).toEqual(['running 7', 'findings 6', 'throughput 5', 'top_models 12']);
    // The other one sees it without doing anything.
    await ada.page.locator('.bw-packed').getByText('Queues').waitFor({ state: 'detached' });
  });

  it('of which two change the same panel ask whose version is kept, also after a reload', async () => {
    for (const person of [ada, ben]) {
      await openOurs(person);
      await edit(person.page);
    }
    await tool(ada.page, 'Running now', 'Wider');
    await menu(ada.page, 'ours, changed', 'Save ours');
    await ada.page.waitForURL((url) => url.search === '?layout=ours');
    await tool(ben.page, 'Running now', 'Narrower');
    await tool(ben.page, 'Top models', 'Earlier');
    await ben.page.reload();
    await menu(ben.page, 'ours, changed', 'Save ours');
    const dialog = ben.page.getByRole('dialog');
    await dialog.getByRole('row', { name: 'Running now 6 of 12 columns 8 of 12 columns' }).waitFor();
    await dialog.getByRole('button', { name: 'Save, with theirs' }).click();
    await ben.page.waitForURL((url) => url.search === '?layout=ours');
    expect(await panels()).toEqual(['running 8', 'findings 6', 'top_models 12', 'throughput 5']);
  });

  it('that was deleted while it was changed is kept with the changes', async () => {
    await openOurs(ben);
    await edit(ben.page);
    await tool(ben.page, 'Running now', 'Remove');
    await openOurs(ada);
    await menu(ada.page, 'ours', 'Delete ours');
    await ada.page.waitForURL((url) => url.search === '');
    await menu(ben.page, 'ours, changed', 'Save ours');
    await ben.page.getByRole('dialog').getByRole('button', { name: 'Save it again' }).click();
    await ben.page.waitForURL((url) => url.search === '?layout=ours');
    expect(await panels()).toEqual(['findings 6', 'top_models 12', 'throughput 5']);
  });

  it('with a rule show a panel for a benchmark as soon as it has a result', async () => {
    const { page } = ada;
    const measure = async (benchmark: string, model: string): Promise<void> => {
      const program = "console.log(JSON.stringify({ metric: 'wait_ms', value: 5, unit: 'ms' }))";
      const config = { model, command: ['node', '-e', program] };
      const { run_id } = await client.submit({
        tasks: [{ task_id: 'm', executor: 'command', benchmark, config }],
      } as never);
      await client.finished(run_id);
    };
    await measure('nightly-a', 'one');
    await page.goto(dashboard.url);
    await menu(page, 'Layout', 'Edit layout');
    await page.getByRole('combobox', { name: 'Add panel' }).click();
    await page.getByRole('option', { name: 'A panel for each benchmark' }).click();
    await page.getByRole('textbox', { name: 'Benchmarks' }).fill('nightly-*');
    await page.getByRole('combobox', { name: 'Metric' }).click();
    await page.getByRole('option', { name: 'wait_ms' }).click();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('1 panel now').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('region', { name: 'nightly-a wait_ms' }).getByRole('img').first().waitFor();
    await measure('nightly-b', 'one');
    await measure('nightly-b', 'two');
    await measure('weekly', 'one');
    const added = page.getByRole('region', { name: 'nightly-b wait_ms' });
    await added.getByRole('img', { name: /1 more series$/ }).waitFor({ timeout: 90_000 });
    expect(await page.getByRole('region', { name: 'weekly wait_ms' }).count()).toBe(0);
  });
});
