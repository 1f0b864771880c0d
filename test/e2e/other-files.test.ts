import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@benchwire/shared/client/client.ts';
import { type Finding, finding } from '@benchwire/shared/contracts/finding.ts';
import type { MetricVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bw } from '../support/bw.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** Re-runs measure what lies on the disk now: a slow version was found, and the fast file is put back before it is measured again. */

const folder = mkdtempSync(join(tmpdir(), 'bw-other-files-'));
const work = join(folder, 'work');
const COMMITS = 14;
let fixture: StackFixture;
let client: Client;

const version = (commit: number): string => join(folder, `version-${commit}.cjs`);

beforeAll(async () => {
  mkdirSync(work);
  for (let commit = 1; commit <= COMMITS + 20; commit++) {
    const level = commit < COMMITS ? 100 : 150;
    const text = `console.log(JSON.stringify({ metric: 'latency_ms', unit: 'ms', value: ${level} * (1 + 0.01 * (Math.random() - 0.5)) }));\n`;
    writeFileSync(version(commit), `// ${commit}\n${text}`);
  }
  fixture = await StackFixture.start({
    dataDir: join(folder, 'data'),
    env: { WORKER_COMMANDS: 'node,cp', WORKER_COMMAND_ISOLATION: 'off', LOG_LEVEL: 'warn' },
    // Re-runs of one device count once: a sibling has to agree.
    services: { worker: 2, gateway: 0 },
  });
  client = fixture.client;
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Measures what lies on the disk as this commit; with `prepare` the version of the commit is put there first. */
async function measure(benchmark: string, commit: number, prepare: boolean): Promise<string> {
  const file = join(work, `${benchmark}.cjs`);
  const restore = { prepare: ['cp', join(folder, 'version-{commit}.cjs'), file] };
  const { run_id } = await client.submit({
    ...{ name: benchmark, source: { commit: String(commit), branch: 'main' } },
    tasks: [
      { task_id: 'speed', executor: 'command', config: { command: ['node', file], ...(prepare ? restore : {}) } },
    ],
  });
  expect(await client.finished(run_id)).toMatchObject({ completed: 1 });
  return run_id;
}

const put = (benchmark: string, commit: number): void => copyFileSync(version(commit), join(work, `${benchmark}.cjs`));

async function findingOf(benchmark: string): Promise<Finding> {
  const [row] = (await client.query('findings', { search: benchmark })).rows;
  const { rows } = await client.query('finding', { finding_id: row?.finding_id ?? '' });
  return finding.parse(JSON.parse(rows[0]?.record ?? '{}'));
}

async function verdictOf(run_id: string): Promise<MetricVerdict> {
  const [metric] = (await client.verdict(run_id)).metrics;
  if (metric === undefined) throw new Error(`run ${run_id} has no metric`);
  return metric;
}

/** Measures the slow commit, and puts the fast file back before the anomaly service sees it. */
async function slowThenFastFile(benchmark: string, prepare: boolean): Promise<string> {
  for (let commit = 1; commit < COMMITS; commit++) {
    put(benchmark, commit);
    await measure(benchmark, commit, prepare);
  }
  const anomaly = fixture.stack.service('anomaly');
  await fixture.stack.stopService(anomaly);
  put(benchmark, COMMITS);
  const slow = await measure(benchmark, COMMITS, prepare);
  put(benchmark, COMMITS - 1);
  anomaly.start();
  await anomaly.waitReady();
  return slow;
}

it('does not take a true finding for gone where re-runs measure other files than the first run did', async () => {
  const slow = await slowThenFastFile('restored', false);
  const found = await vi.waitFor(
    async () => {
      const record = await findingOf('restored');
      expect(record.confirmations[0]?.note).not.toBe('');
      return record;
    },
    { timeout: 60_000, interval: 200 },
  );
  expect([found.kind, found.state]).toEqual(['regression', 'suspected']);
  expect(found.confirmations).toMatchObject([
    { agrees: null, value: null, measured_other_files: true, note: expect.stringContaining('other files') },
  ]);
  // The result is kept and marked, also for those who read the run itself, and decides nothing.
  const rerun = found.confirmations[0]?.run_id ?? '';
  const [kept] = (await client.query('results', { run_id: rerun })).rows;
  expect(kept).toMatchObject({ note_codes: ['source_mismatch'], notes: [expect.stringContaining('other files')] });
  expect(kept?.value).toBeLessThan(110);
  // A red commit stays red: what was measured of other files is no repetition of it.
  expect(await client.verdict(rerun)).toMatchObject({ outcome: 'fail', not_decided: [{ counts: true }] });
  expect(await verdictOf(slow)).toMatchObject({ verdict: 'slower', repetitions: 1 });
  const [row] = (await client.query('findings', { search: 'restored' })).rows;
  expect(row?.state_reason).toMatch(/other files.*the next results decide/);
  const { stdout } = await bw(['explain', found.finding_id], { env: fixture.stack.env, cwd: folder });
  expect(stdout).toContain('other files');

  // Also after a restart, and the next results decide.
  const anomaly = fixture.stack.service('anomaly');
  await fixture.stack.stopService(anomaly);
  anomaly.start();
  await anomaly.waitReady();
  expect(await verdictOf(slow)).toMatchObject({ verdict: 'slower', repetitions: 1 });
  for (let commit = COMMITS + 1; commit <= COMMITS + 14; commit++) {
    put('restored', commit);
    const next = await verdictOf(await measure('restored', commit, false));
    expect([next.verdict, next.known_regression?.since_commit], next.reason).toEqual(['slower', String(COMMITS)]);
  }
  await vi.waitFor(async () => expect((await findingOf('restored')).state).toBe('confirmed'), {
    ...{ timeout: 60_000, interval: 200 },
  });
});

it('counts re-runs of a request that restores its source', async () => {
  const slow = await slowThenFastFile('prepared', true);
  const found = await vi.waitFor(
    async () => {
      const record = await findingOf('prepared');
      expect(record.state).toBe('confirmed');
      return record;
    },
    { timeout: 60_000, interval: 200 },
  );
  expect(found.confirmations.filter(({ agrees }) => agrees === true).length).toBeGreaterThanOrEqual(2);
  const metric = await verdictOf(slow);
  expect([metric.verdict, metric.repetitions]).toEqual(['slower', 1 + found.confirmations.length]);
});
