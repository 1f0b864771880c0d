import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { type Client, connectClient } from '@benchwire/shared/client/client.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';
import type { RequestInput } from '@benchwire/shared/client/submit.ts';
import { parse } from 'yaml';
import { until } from '../bench/bench-stack.ts';
import { startBrowser } from '../support/browser.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';
import { makeHistory, TROUBLE } from './history.ts';

/** `npm run screenshots`: a stack with real runs, and a picture of every page in both themes for the docs. */

const MAX_KB = 250;
const LATENCIES = `SELECT batch_size, model, round(argMax(value, measured_at), 3) AS latency_ms
FROM results
WHERE metric = 'latency_ms' AND batch_size IS NOT NULL
GROUP BY batch_size, model
ORDER BY batch_size, model`;
const target = join(repositoryRoot, 'docs/screenshots');
const folder = mkdtempSync(join(tmpdir(), 'benchwire-screenshots-'));
const quickstart = parse(readFileSync(join(repositoryRoot, 'examples/quickstart.yaml'), 'utf8')) as RequestInput;

const env = { WORKER_COMMANDS: 'node', LOG_LEVEL: 'warn' };
const dashboard = await startDashboardStack({ dataDir: join(folder, 'data'), env });
try {
  const client = await connectClient(
    findStack({ environment: dashboard.stack.env, working_directory: folder }).options,
  );
  try {
    const history = await fill(client);
    // A second pool, with a label of its own. On one machine the two disturb each other, so the history is measured before.
    await dashboard.stack.addService('worker', { WORKER_LABELS: 'site=lab-2' });
    for (const theme of ['light', 'dark'] as const) {
      const now = await startNow(client);
      await takeAll(dashboard, { ...history, ...now }, theme);
      for (const run_id of Object.values(now)) await stop(client, run_id);
    }
  } finally {
    await client.close();
  }
} finally {
  await dashboard.stack.stop();
  rmSync(folder, { recursive: true, force: true });
}

interface History {
  /** Two runs of the same program, the second one slower. */
  compared: [string, string];
  /** The quickstart, over. */
  first_run: string;
  series_id: string;
  finding_id: string | undefined;
}

/** What runs while the pictures are taken. */
interface Now {
  live_run: string;
  trouble: string;
}

async function fill(client: Client): Promise<History> {
  const runs = await makeHistory(client, folder);
  const { run_id: first_run } = await client.submit(quickstart);
  await client.finished(first_run);
  const { rows: findings } = await client.query('findings', {});
  const { rows: series } = await client.query('series', { search: 'request_latency' });
  return {
    compared: [runs[0] ?? '', runs.at(-1) ?? ''],
    first_run,
    series_id: series[0]?.series_id ?? '',
    finding_id: findings[0]?.finding_id,
  };
}

/** The trouble first, until most of it has happened. */
async function startNow(client: Client): Promise<Now> {
  const { run_id: trouble } = await client.submit(TROUBLE);
  const mostIsOver = async (): Promise<boolean> => {
    const { rows } = await client.query('tasks', { run_id: trouble });
    return rows.filter(({ finished_at }) => finished_at !== null).length > 8;
  };
  await until('the troubled run', mostIsOver, 200, 60_000);
  const { run_id: live_run } = await client.submit(quickstart);
  return { live_run, trouble };
}

async function stop(client: Client, run_id: string): Promise<void> {
  const { rows } = await client.query('run', { run_id });
  if (rows[0]?.finished_at == null) await client.cancel(run_id, 'the pictures are taken');
  await client.finished(run_id);
}

async function takeAll(stack: DashboardStack, things: History & Now, theme: 'light' | 'dark'): Promise<void> {
  mkdirSync(target, { recursive: true });
  const browser = await startBrowser({ theme });
  try {
    await signIn(browser, stack);
    for (const [name, path] of Object.entries(pagesOf(things))) {
      await browser.page.goto(stack.url + path);
      await browser.page.getByRole('heading', { level: 1 }).waitFor();
      await browser.page.waitForLoadState('networkidle');
      // Charts are drawn in the frame after their data.
      await browser.page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      const file = join(target, `${name}-${theme}.png`);
      await browser.page.screenshot({ path: file });
      const kb = Math.round(statSync(file).size / 1024);
      console.log(`${file.slice(repositoryRoot.length + 1)}  ${kb} kB`);
      if (kb > MAX_KB) throw new Error(`${file} has ${kb} kB, more than ${MAX_KB}: the repository keeps it for ever`);
    }
    for (const problem of browser.problems) console.log(`the browser complains: ${problem}`);
  } finally {
    await browser.close();
  }
}

/** Each page's address by its picture's name. */
function pagesOf({
  compared,
  first_run,
  live_run,
  trouble,
  series_id,
  finding_id,
}: History & Now): Record<string, string> {
  return {
    overview: '/',
    'run-live': `/runs/${live_run}`,
    'run-samples': `/runs/${first_run}?tab=live&scale=log`,
    runs: '/runs',
    'run-trouble': `/runs/${trouble}`,
    task: `/runs/${trouble}?task=needs-cuda`,
    'run-results': `/runs/${first_run}?tab=results`,
    'new-run': '/runs/new',
    fleet: '/fleet',
    events: '/events',
    rejected: '/rejected',
    keys: '/keys',
    settings: '/settings',
    audit: '/audit',
    compare: `/compare?run=${compared[0]}&run=${compared[1]}`,
    'compare-models': '/compare?model=silero-vad-v5&model=silero-vad-v6',
    series: '/series',
    'one-series': `/series/${series_id}`,
    findings: '/findings',
    ...(finding_id === undefined ? {} : { finding: `/findings/${encodeURIComponent(finding_id)}` }),
    reports: `/reports?${new URLSearchParams({ sql: LATENCIES, chart: 'line' })}`,
    incidents: '/findings?by=incident',
  };
}
