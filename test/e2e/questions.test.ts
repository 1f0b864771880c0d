import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { type Client, connectClient } from '@benchwire/shared/client/client.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';
import { call, HttpClient } from '@benchwire/shared/client/http-client.ts';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHistory } from '../screenshots/history.ts';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { whyNoChromium } from '../support/chromium.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';

const missing = whyNoChromium();
if (missing !== undefined) console.warn(`questions to the dashboard: skipped, ${missing}`);

const MAX_CLICKS = 3;

interface Question {
  /** As docs/questions.md has it. */
  asked: string;
  /** From the overview, each named as the page names it: how a person finds it there. */
  clicks: ReadonlyArray<readonly [name: string, place: (page: Page) => Locator]>;
  /** What is on the page then. */
  answer: (page: Page) => ReadonlyArray<Locator>;
}

const nav =
  (name: string) =>
  (page: Page): Locator =>
    page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true });
const region = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true }).first();
const link =
  (name: string | RegExp) =>
  (page: Page): Locator =>
    page.getByRole('main').getByRole('link', { name }).first();
const choice =
  (name: string) =>
  (page: Page): Locator =>
    page.getByRole('combobox', { name, exact: true });
const option =
  (name: string) =>
  (page: Page): Locator =>
    page.getByRole('option', { name, exact: true });
const text =
  (name: string) =>
  (page: Page): Locator =>
    page.getByRole('main').getByText(name, { exact: true }).first();

const QUESTIONS: readonly Question[] = [
  {
    asked: 'What got slower in the last week, and on which hardware?',
    clicks: [
      ['Got slower', nav('Got slower')],
      ['Period', choice('Period')],
      ['Last 7 days', option('Last 7 days')],
    ],
    answer: (page) => [
      region(page, 'Regressions')
        .getByRole('link', { name: /echo-server/ })
        .first(),
      region(page, 'By hardware')
        .getByText(/cores?/)
        .first(),
    ],
  },
  {
    asked: 'Which commit made it slower?',
    clicks: [['the regression on its card', link('echo-server request_latency_ms')]],
    answer: (page) => [
      region(page, 'Summary')
        .getByText(/^[0-9a-f]{8,10}\.\.[0-9a-f]{8,10}$/)
        .first(),
    ],
  },
  {
    asked: 'Is this pull request slower?',
    clicks: [
      ['Runs', nav('Runs')],
      ['the run', link('pull request 17')],
    ],
    answer: (page) => [region(page, 'Verdict').getByText('request_latency_ms').first()],
  },
  {
    asked: 'Which device is sick, and why?',
    clicks: [['the problem on the card Fleet', link(/is quarantined/)]],
    answer: (page) => [page.getByText('memory errors').first()],
  },
  {
    asked: 'Which hardware is fastest for a model at batch 8?',
    clicks: [
      ['Matrix', nav('Matrix')],
      ['Batch size', choice('Batch size')],
      ['batch 8', option('batch 8')],
    ],
    answer: (page) => [
      region(page, 'Matrix').getByRole('row').filter({ hasText: 'silero-vad-v6' }).getByText('b8').first(),
    ],
  },
  {
    asked: 'Why does a run fail?',
    clicks: [
      ['the run on the card Failing runs', link('always broken')],
      ['its task', (page) => page.getByRole('button', { name: 'b', exact: true })],
    ],
    answer: (page) => [
      page
        .getByRole('dialog')
        .getByText(/failed/)
        .first(),
    ],
  },
  {
    asked: 'How did a value develop in the last week?',
    clicks: [
      ['Series', nav('Series')],
      ['the series', link('echo-server')],
      ['7 days', text('7 days')],
    ],
    answer: (page) => [page.getByRole('img', { name: /^\d+ points of echo-server request_latency_ms/ })],
  },
  {
    asked: 'How small a change would be detected?',
    clicks: [
      ['Series', nav('Series')],
      ['the series', link('echo-server')],
    ],
    answer: (page) => [
      region(page, 'Sensitivity')
        .getByText(/^Detectable after/)
        .first(),
    ],
  },
  {
    asked: 'What failed lately, and did trying again help?',
    clicks: [['Fault tolerance', nav('Fault tolerance')]],
    answer: (page) => [
      region(page, 'Summary').getByText('Failed attempts', { exact: true }).first(),
      region(page, 'Summary').getByText('Recovered tasks', { exact: true }).first(),
    ],
  },
  {
    asked: 'Which models are not measured on some hardware yet?',
    clicks: [['Matrix', nav('Matrix')]],
    answer: (page) => [page.getByText(/^\d+ of \d+ combinations measured$/)],
  },
];

/** What a practitioner asks, answered from the overview in at most three clicks. */
describe.skipIf(missing !== undefined)('questions to the dashboard', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-questions-'));
  let dashboard: DashboardStack;
  let browser: TestBrowser;
  let client: Client;

  beforeAll(async () => {
    const env = { LOG_LEVEL: 'warn', WORKER_COMMANDS: 'node' };
    dashboard = await startDashboardStack({ dataDir: join(folder, 'data'), env });
    browser = await startBrowser();
    browser.page.setDefaultTimeout(90_000);
    client = await connectClient(findStack({ environment: dashboard.stack.env, working_directory: folder }).options);
    await makeHistory(client, folder, { runs: 8, first_slower: 7 });
    const finished = async (request: Parameters<Client['submit']>[0]): Promise<void> =>
      client.finished((await client.submit(request)).run_id).then(() => undefined);
    await finished({
      ...{ name: 'models', source: { commit: 'b8'.repeat(4), branch: 'main' } },
      tasks: [{ task_id: 'vad', config: { model: 'silero-vad-v6', batch_sizes: [8], iterations: 10 } }],
    });
    const echo = { model: 'echo-server', command: ['node', join(folder, 'server-round-trip.mjs')] };
    await finished({
      ...{
        name: 'pull request 17',
        source: { commit: 'c'.repeat(8), branch: 'faster', pull_request: 17, base: 'main' },
      },
      tasks: [{ task_id: 'round-trip', executor: 'command', config: echo }],
    });
    await finished({
      name: 'always broken',
      tasks: [{ task_id: 'b', executor: 'noop', config: { behaviour: 'fail' }, retry_policy: { max_retries: 0 } }],
    });
    const { rows: workers } = await client.query('workers', {});
    const api = new HttpClient({ url: dashboard.url, headers: { Authorization: `Bearer ${dashboard.key}` } });
    await api.send(
      call('POST /api/workers/:id/quarantine', {
        params: { id: workers[0]?.worker_id ?? '' },
        body: { reason: 'memory errors' },
      }),
    );
    await signIn(browser, dashboard);
  }, 600_000);
  afterAll(async () => {
    await client?.close();
    await browser?.close();
    await dashboard?.stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(QUESTIONS)('$asked', { timeout: 300_000 }, async ({ clicks, answer }) => {
    expect(clicks.length).toBeLessThanOrEqual(MAX_CLICKS);
    const { page } = browser;
    await page.goto(dashboard.url);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    for (const [, place] of clicks) await place(page).click();
    for (const found of answer(page)) await found.waitFor();
  });

  it('the guide has the same questions with the same clicks', () => {
    const guide = readFileSync(join(repositoryRoot, 'docs/questions.md'), 'utf8');
    const rows = guide.split('\n').filter((line) => /^\| [A-Z].*\? \|/.test(line));
    expect(rows.map((row) => row.split(' | ').slice(0, 2).join(' | '))).toEqual(
      QUESTIONS.map(({ asked, clicks }) => `| ${asked} | ${clicks.map(([name]) => name).join(' → ')}`),
    );
  });
});
