import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { call, HttpClient } from '@benchwire/shared/client/http-client.ts';
import type { Page, Request } from 'playwright-core';
import { cutOff, seriousViolations, startBrowser, type TestBrowser } from '../support/browser.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';
import { LONG_NAME, RUNS, runIdOf, TASKS_OF_LARGEST } from './large-size.ts';

/** Every page before a large history: a picture in each width and theme, how long it takes, and what is cut off. */

const [target = mkdtempSync(join(tmpdir(), 'benchwire-large-pictures-'))] = process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith('--'));
const LOADS = 3;
const SLOW_MS = 1000;
const folder = mkdtempSync(join(tmpdir(), 'benchwire-large-'));
let dashboard: DashboardStack | undefined;
try {
  const began = performance.now();
  const child = fork(fileURLToPath(new URL('./fill-large.ts', import.meta.url)), [join(folder, 'data/clickhouse')]);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the history could not be made: exit code ${code}`);
  console.log(
    `${RUNS} runs, one with ${TASKS_OF_LARGEST} tasks, in ${Math.round((performance.now() - began) / 1000)} s`,
  );
  dashboard = await startDashboardStack({
    dataDir: join(folder, 'data'),
    env: { LOG_LEVEL: 'warn', RATE_LIMIT_PER_MINUTE: '1000000' },
  });
  mkdirSync(target, { recursive: true });
  const pages = await pagesOf(dashboard);
  for (const theme of ['light', 'dark'] as const) {
    const browser = await startBrowser({ theme });
    try {
      await signIn(browser, dashboard);
      for (const [name, path] of Object.entries(pages)) await take(browser, dashboard.url, { name, path, theme });
      for (const problem of browser.problems) console.log(`the browser complains: ${problem}`);
    } finally {
      await browser.close();
    }
  }
  console.log(`pictures: ${target}`);
} finally {
  await dashboard?.stack.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function pagesOf({ url, key }: DashboardStack): Promise<Record<string, string>> {
  const api = new HttpClient({ url, headers: { authorization: `Bearer ${key}` } });
  const { items } = await api.send(call('GET /api/series', { query: { metric: 'latency_ms', limit: 1 } }));
  const largest = `/runs/${runIdOf(RUNS)}`;
  return {
    overview: '/',
    layout: `/?panels=${Buffer.from(JSON.stringify({ panels: [{ kind: 'each_series', columns: 6, of: '*', metric: 'latency_ms' }] })).toString('base64url')}`,
    runs: '/runs',
    'runs-by-name': '/runs?sort=name&search=name',
    'largest-run': largest,
    'largest-run-results': `${largest}?tab=results`,
    compare: `/compare?run=${runIdOf(RUNS - 200)}&run=${runIdOf(RUNS)}`,
    matrix: '/matrix?metric=latency_ms',
    families: '/matrix?view=families&metric=latency_ms',
    model: `/matrix/model?model=${LONG_NAME}3`,
    analytics: '/analytics',
    series: '/series',
    'one-series': `/series/${items[0]?.series_id}`,
    findings: '/findings',
    incidents: '/findings?by=incident',
    slower: '/slower',
    tests: '/tests',
    fleet: '/fleet',
    faults: '/faults',
    events: '/events',
    audit: '/audit',
    notifications: '/notifications',
    settings: '/settings',
    reports: '/reports?sql=SELECT+state,+count()+AS+tasks+FROM+tasks+GROUP+BY+state&chart=bar',
  };
}

/** Which requests of a page are open, and which took long. */
function watchRequests(page: Page): { settled: () => Promise<string[]>; slow: () => string[]; stop: () => void } {
  const open = new Map<Request, number>();
  const slow = new Map<string, number>();
  const pathOf = (request: Request): string =>
    request
      .url()
      .replace(/^https?:\/\/[^/]*/, '')
      .slice(0, 120);
  const begin = (request: Request): void => void open.set(request, performance.now());
  const end = (request: Request): void => {
    const ms = performance.now() - (open.get(request) ?? performance.now());
    open.delete(request);
    if (ms > SLOW_MS) slow.set(pathOf(request), Math.round(ms));
  };
  page.on('request', begin).on('requestfinished', end).on('requestfailed', end);
  return {
    settled: async () => {
      const until = performance.now() + 20_000;
      while (open.size > 0 && performance.now() < until) await page.waitForTimeout(50);
      return [...open.keys()].map(pathOf);
    },
    slow: () => [...slow].map(([path, ms]) => `${ms} ms: ${path}`),
    stop: () => void page.off('request', begin).off('requestfinished', end).off('requestfailed', end),
  };
}

/** Milliseconds until the page shows its data, of the loads after the first one the median. */
async function take(
  { page }: TestBrowser,
  url: string,
  { name, path, theme }: { name: string; path: string; theme: 'light' | 'dark' },
): Promise<void> {
  const wrong: string[] = [];
  const times: number[] = [];
  const requests = watchRequests(page);
  const load = async (): Promise<void> => {
    const began = performance.now();
    await page.goto(url + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const loading = page.getByLabel('loading', { exact: true });
    while ((await loading.count()) > 0) await loading.first().waitFor({ state: 'detached' });
    times.push(performance.now() - began);
  };
  for (const width of theme === 'light' ? [1440, 1024, 390] : [1440, 390]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    if (theme === 'light' && width === 1440) for (let again = 0; again < LOADS; again++) await load();
    else await load();
    const open = await requests.settled();
    if (open.length > 0) wrong.push(`${width} px: not answered after 20 s: ${open.join(' ')}`);
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    await page.screenshot({ path: join(target, `${name}-${theme}-${width}.png`) });
    wrong.push(...(await cutOff(page)).map((each) => `${width} px: ${each}`));
  }
  wrong.push(...(await seriousViolations(page)), ...requests.slow());
  requests.stop();
  const warm = times.slice(1, LOADS).toSorted((a, b) => a - b);
  console.log(
    `${name} ${theme}: first ${Math.round(times[0] ?? 0)} ms, then ${Math.round(warm[Math.floor(warm.length / 2)] ?? 0)} ms`,
  );
  for (const each of wrong) console.log(`  ${each}`);
}
