import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { writePrivateFile } from '@benchwire/deploy/local/private-file.ts';
import type { Client } from '@benchwire/shared/client/client.ts';
import { type Finding, finding } from '@benchwire/shared/contracts/finding.ts';
import type { FindingRow } from '@benchwire/shared/contracts/rows.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bw, startProgram } from '../support/bw.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** A latency that steps by 8 % at the 30th of 48 commits, measured by a program, with normal noise of 1 %, cut at 2.5 %. */
const RUNS = 48;
const STEP_AT = 30;
const folder = mkdtempSync(join(tmpdir(), 'bw-regression-'));
let fixture: StackFixture;
let client: Client;
let regression_id = '';

beforeAll(async () => {
  const program = `
    const { latency_ms } = JSON.parse(require('node:fs').readFileSync(${JSON.stringify(join(folder, 'version.json'))}));
    const draw = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    let normal = draw();
    while (Math.abs(normal) > 2.5) normal = draw();
    console.log(JSON.stringify({ metric: 'latency_ms', unit: 'ms', value: latency_ms * (1 + 0.01 * normal) }));`;
  writeFileSync(join(folder, 'measure.cjs'), program);
  fixture = await StackFixture.start({
    dataDir: join(folder, 'data'),
    env: { WORKER_COMMANDS: 'node', LOG_LEVEL: 'warn' },
    services: { worker: 2, gateway: 0 },
  });
  client = fixture.client;
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Measures one commit and waits for the run's end. */
async function measure(commit: number): Promise<void> {
  // At once: a re-run may be reading it.
  writePrivateFile(join(folder, 'version.json'), JSON.stringify({ latency_ms: commit < STEP_AT ? 100 : 108 }));
  const { run_id } = await client.submit({
    name: 'decoder',
    source: { repo: 'https://example.org/decoder', commit: `c${commit}` },
    tasks: [
      {
        task_id: 'speed',
        executor: 'command',
        config: { command: ['node', join(folder, 'measure.cjs')] },
      },
    ],
  });
  expect(await client.finished(run_id)).toMatchObject({ completed: 1 });
}

const told = async (): Promise<FindingRow[]> => (await client.query('findings', {})).rows;

async function record(finding_id: string): Promise<Finding> {
  const { rows } = await client.query('finding', { finding_id });
  return finding.parse(JSON.parse(rows[0]?.record ?? '{}'));
}

it('finds the step within five runs, confirms it by re-runs of its own, names the commits, and nothing else', async () => {
  let foundAt: number | undefined;
  for (let commit = 1; commit <= RUNS; commit++) {
    await measure(commit);
    if (foundAt === undefined && (await told()).length > 0) foundAt = commit;
  }
  const confirmed = await vi.waitFor(
    async () => {
      const [row] = await told();
      expect(row?.state).toBe('confirmed');
      return await record(row?.finding_id ?? '');
    },
    { timeout: 120_000, interval: 100 },
  );
  expect(foundAt).toBeGreaterThanOrEqual(STEP_AT);
  expect(foundAt).toBeLessThan(STEP_AT + 5);
  expect(confirmed.kind).toBe('regression');
  regression_id = confirmed.finding_id;
  expect(new Set(confirmed.history.map(({ state }) => state))).toEqual(new Set(['suspected', 'confirmed']));
  const agreeing = confirmed.confirmations.filter(({ agrees }) => agrees);
  expect(agreeing.slice(0, 2).map(({ on }) => on)).toEqual(['sibling', 'same_device']);
  expect(agreeing[1]?.worker_id).toBe(agreeing[1]?.suspected_worker_id);
  expect(confirmed.culprit?.last_good.source?.commit).toBe(`c${STEP_AT - 1}`);
  // One in ten times the first slow run is not beyond doubt yet: then the range has both commits.
  const first_bad = confirmed.culprit?.first_bad.source?.commit ?? '';
  expect([`c${STEP_AT}`, `c${STEP_AT + 1}`]).toContain(first_bad);
  expect(confirmed.incident_id).toBe(`commit:https://example.org/decoder@${first_bad}`);
  expect(await told()).toHaveLength(1);

  const { rows: incidents } = await client.query('incidents', {});
  expect(incidents).toMatchObject([
    { cause: 'commit', findings: 1, open: 1, regressions: 1, moved: [{ finding_id: confirmed.finding_id }] },
  ]);
  // The runs of the commits, and the re-runs.
  expect((await client.query('runs', { limit: 100 })).rows).toHaveLength(RUNS + confirmed.confirmations.length);
});

it('is one archive, which measures it again on the same device', async () => {
  const env = fixture.stack.env;
  const written = await bw(['repro', regression_id, '--json'], { env, cwd: folder });
  expect(written.code, written.stderr).toBe(0);
  const { file, missing } = JSON.parse(written.stdout) as { file: string; missing: string[] };
  // The program is on the worker's disk only.
  expect(missing.join('\n')).toMatch(/files\/: the program and the files among its arguments are on the worker/);
  execFileSync('tar', ['-xzf', file, '-C', folder]);
  const archive = join(folder, basename(file, '.tar.gz'));
  const read = (name: string) => JSON.parse(readFileSync(join(archive, name), 'utf8'));
  expect(read('finding.json')).toMatchObject({ kind: 'regression', state: 'confirmed' });
  expect(read('hashes.json').measured.argument_files_sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(read('environment.json').environment).toHaveProperty('kernel');
  expect(read('history.json').length).toBeGreaterThan(STEP_AT);
  expect(read('samples.json')).toMatchObject([{ metric: 'latency_ms' }]);
  const ran = await startProgram(process.execPath, [join(archive, 'measure-again.mjs'), '--same-device', '--json'], {
    env: { ...env, BW: `${process.execPath} ${join(repositoryRoot, 'cli/src/main.ts')}` },
    cwd: tmpdir(),
  }).ended;
  expect(ran.code, ran.stderr).toBe(0);
  const again = JSON.parse(ran.stdout);
  expect(again).toMatchObject({ status: 'completed', same_device: true, rows: [{ name: 'latency_ms [ms]' }] });
  // The new level, and not the one before.
  expect(again.rows[0].is).toBeGreaterThan(104);
  expect(again.rows[0].was).toBe(read('outcomes.json').at(-1).results.metrics.latency_ms.value);
});
