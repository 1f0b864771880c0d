import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@benchwire/shared/client/client.ts';
import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import { connectNats } from '@benchwire/shared/runtime/nats.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startBrowser } from '../support/browser.ts';
import { bw } from '../support/bw.ts';
import { whyNoChromium } from '../support/chromium.ts';
import { type DashboardStack, signIn, startDashboardStack } from '../support/dashboard.ts';

/** A run is repeated after its files have changed: the API, `bw` and the page ask which ones are meant. */

const missing = whyNoChromium();
if (missing !== undefined) console.warn(`the dialog of Repeat: skipped, ${missing}`);

const folder = mkdtempSync(join(tmpdir(), 'bw-repeat-'));
const work = join(folder, 'work');
let dashboard: DashboardStack;
let client: Client;

const git = (...args: string[]): string =>
  execFileSync('git', ['-C', work, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { encoding: 'utf8' }).trim();
const program = (latency_ms: number): void =>
  writeFileSync(
    join(work, 'bench.cjs'),
    `console.log(JSON.stringify({ metric: 'latency_ms', unit: 'ms', value: ${latency_ms} + Math.random() / 10 }))`,
  );

beforeAll(async () => {
  mkdirSync(work);
  execFileSync('git', ['init', '-q', '-b', 'main', work]);
  const env = { WORKER_COMMANDS: 'node,git', LOG_LEVEL: 'warn', DASHBOARD_URL: 'https://bench.example.com/' };
  dashboard = await startDashboardStack({ dataDir: join(folder, 'data'), env });
  client = new Client(await connectNats('test', loadConfig(z.object(natsVariables), dashboard.stack.env)));
});
afterAll(async () => {
  await client?.close();
  await dashboard?.stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

const commit = (latency_ms: number): string => {
  program(latency_ms);
  git('add', '.');
  git('commit', '--allow-empty', '-qm', String(latency_ms));
  return git('rev-parse', 'HEAD');
};

async function run(sha: string, prepare?: string[]): Promise<string> {
  const command = ['node', join(work, 'bench.cjs')];
  const config = { command, working_directory: work, ...(prepare === undefined ? {} : { prepare }) };
  const { run_id } = await client.submit({
    ...{ name: 'bench', source: { commit: sha, branch: 'main' } },
    tasks: [{ task_id: 'bench', executor: 'command', config }],
  });
  await client.finished(run_id);
  return run_id;
}

async function repeat(run_id: string, query = ''): Promise<{ status: number; answer: Record<string, unknown> }> {
  const response = await fetch(`${dashboard.url}/api/runs/${run_id}/repeat${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${dashboard.key}` },
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (response.status === 202) await client.finished(String(answer.run_id));
  return { status: response.status, answer };
}

const commitOf = async (run_id: unknown): Promise<string | undefined> =>
  (await client.query('run', { run_id: String(run_id) })).rows[0]?.source?.commit;

it('asks which files are meant where those on the worker are others, and a restored or prepared source needs no asking', async () => {
  const slow = commit(115);
  const first = await run(slow);
  expect((await repeat(first)).status).toBe(202);

  const fast = commit(100);
  const asked = await repeat(first);
  expect(asked).toMatchObject({ status: 409, answer: { code: 'FILES_DIFFER' } });
  expect(asked.answer.issues).toMatchObject([
    { path: 'tasks.bench', code: 'files_differ', message: expect.stringContaining(fast.slice(0, 12)) },
  ]);

  // As they are: the new run is of the commit that is there, and the old one's points are not mixed with it.
  const now = await repeat(first, '?files=as_they_are');
  expect([now.status, await commitOf(now.answer.run_id)]).toEqual([202, fast]);
  const { metrics } = await client.verdict(first);
  expect(metrics[0]).toMatchObject({ repetitions: 2 });
  expect(metrics[0]?.value).toBeGreaterThan(114);

  // Changes that are not committed are of no commit.
  program(90);
  expect((await repeat(first)).answer.issues).toMatchObject([{ message: expect.stringContaining('uncommitted') }]);
  const dirty = await repeat(first, '?files=as_they_are');
  expect([dirty.status, await commitOf(dirty.answer.run_id)]).toEqual([202, undefined]);

  git('checkout', '--quiet', '--force', slow);
  expect((await repeat(first)).status).toBe(202);

  // A run that restores its source by itself is repeated at once, and measures the same again.
  const prepared = await run(slow, ['git', '-C', work, 'checkout', '--quiet', '{commit}']);
  git('checkout', '--quiet', fast);
  const again = await repeat(prepared);
  expect([again.status, await commitOf(again.answer.run_id)]).toEqual([202, slow]);
  const [row] = (await client.query('results', { run_id: String(again.answer.run_id) })).rows;
  expect(row?.value).toBeGreaterThan(114);

  // Nothing here says where the dashboard is but a gateway: the address of a stack on another machine.
  const { NATS_URL = '', NATS_USER = '', NATS_PASSWORD = '' } = dashboard.stack.env;
  const { stdout } = await bw(['verdict', first], { env: { NATS_URL, NATS_USER, NATS_PASSWORD }, cwd: folder });
  expect(stdout).toContain(`https://bench.example.com/runs/${first}`);
});

it('with bw: refused where the files are others, and with the flag or restored files followed to its verdict', async () => {
  const slow = commit(115);
  const first = await run(slow);
  const fast = commit(100);
  const call = (...args: string[]) => bw(['repeat', ...args], { env: dashboard.stack.env, cwd: folder });

  const refused = await call(first);
  expect([refused.code, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).toMatch(/are not those that this run measured.*--files as_they_are/);
  expect(refused.stderr).toMatch(
    new RegExp(`task bench measured commit ${slow.slice(0, 12)}.* ${fast.slice(0, 12)} now`),
  );

  const now = await call(first, '--files', 'as_they_are', '--json');
  const { run_id } = JSON.parse(now.stdout) as { run_id: string };
  expect([now.code, await commitOf(run_id)]).toEqual([0, fast]);
  expect((await client.query('run', { run_id })).rows[0]?.tags).toMatchObject({ repeat_of: first });

  git('checkout', '--quiet', '--force', slow);
  const detached = await call(first, '--detach');
  const again = detached.stdout.trim();
  await client.finished(again);
  expect([detached.code, await commitOf(again)]).toEqual([0, slow]);
  expect((await client.verdict(first)).metrics).toMatchObject([{ repetitions: 2, run_ids: [first, again] }]);
  expect((await call('nothing-like-a-run')).code).toBe(64);
});

it.skipIf(missing !== undefined)('with the page: a dialog asks which files are meant', async () => {
  const slow = commit(115);
  const first = await run(slow);
  const fast = commit(100);
  const browser = await startBrowser();
  try {
    const { page, problems } = browser;
    await signIn(browser, dashboard);
    await page.goto(`${dashboard.url}/runs/${first}`);
    const repeated = page.getByRole('button', { name: 'Repeat', exact: true });
    await repeated.click();
    const dialog = page.getByRole('dialog', { name: 'The files have changed' });
    await dialog.getByText(fast.slice(0, 12)).waitFor();
    await dialog.getByRole('button', { name: 'Restore them first' }).click();
    await dialog.waitFor({ state: 'hidden' });
    // Nothing was started.
    expect(page.url()).toContain(first);

    await repeated.click();
    await dialog.getByRole('button', { name: 'Repeat with the files as they are' }).click();
    await page.waitForURL((url) => url.pathname.startsWith('/runs/') && !url.pathname.endsWith(first));
    const run_id = new URL(page.url()).pathname.split('/')[2] ?? '';
    await client.finished(run_id);
    expect(await commitOf(run_id)).toBe(fast);

    // Restored, it starts without a question.
    git('checkout', '--quiet', '--force', slow);
    await page.goto(`${dashboard.url}/runs/${first}`);
    await repeated.click();
    await page.waitForURL((url) => ![first, run_id].some((known) => url.pathname.endsWith(known)));
    const again = new URL(page.url()).pathname.split('/')[2] ?? '';
    await client.finished(again);
    expect(await commitOf(again)).toBe(slow);
    // The browser itself logs the answer 409.
    expect(problems.filter((problem) => !problem.includes('409'))).toEqual([]);
  } finally {
    await browser.close();
  }
});
