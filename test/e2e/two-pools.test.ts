import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@benchwire/shared/client/client.ts';
import type { RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type BwResult, bw } from '../support/bw.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** Two machines of different hardware may run the same benchmark: its history stays on one of them. */

const folder = mkdtempSync(join(tmpdir(), 'bw-two-pools-'));
const WIGGLE = [0, 0.4, -0.3, 0.6, -0.5, 0.2, -0.6, 0.3];
let fixture: StackFixture;
let client: Client;

/** A device that only configuration describes: what programs measure on it is up to them. */
const machine = (name: string): Record<string, string> => ({
  WORKER_ID: name,
  WORKER_CLASSES: 'rocm',
  WORKER_DEVICES: JSON.stringify([{ class: 'rocm', name: `card of ${name}` }]),
});

beforeAll(async () => {
  writeFileSync(
    join(folder, 'measure.cjs'),
    `const value = require(${JSON.stringify(join(folder, 'values.json'))})[process.argv[2]];
     console.log(JSON.stringify({ metric: 'latency_ms', unit: 'ms', value }));`,
  );
  const values = Object.fromEntries(
    Array.from({ length: 30 }, (_, n) => [
      `c${n}`,
      (n === 10 ? 112 : 100) * (1 + (WIGGLE[n % WIGGLE.length] ?? 0) / 100),
    ]),
  );
  writeFileSync(join(folder, 'values.json'), JSON.stringify(values));
  fixture = await StackFixture.start({
    dataDir: join(folder, 'data'),
    env: { WORKER_COMMANDS: 'node', WORKER_COMMAND_ISOLATION: 'off', LOG_LEVEL: 'warn', ANOMALY_CONFIRM_RUNS: '0' },
    services: { worker: 0, gateway: 0 },
  });
  client = fixture.client;
  for (const name of ['left', 'right']) await fixture.stack.addService('worker', machine(name));
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const command = ['node', join(folder, 'measure.cjs'), '{commit}'];
const source = (n: number) => ({ commit: `c${n}`, branch: 'main', position: n });
const task = { task_id: 'speed', executor: 'command' as const, config: { command } };

async function poolOfRun(run_id: string): Promise<string> {
  const [row] = (await client.query('results', { run_id })).rows;
  return row?.pool ?? '';
}

async function job(n: number): Promise<BwResult> {
  const file = join(folder, `request-${n}.json`);
  writeFileSync(file, JSON.stringify({ name: 'anywhere', source: source(n), tasks: [task] }));
  return await bw(['run', file, '--fail-on', 'regression', '--no-git'], { env: fixture.stack.env, cwd: folder });
}

it('nine runs of main stay on the pool with the history, a step of 12 % is seen, and a run says where a series continues', async () => {
  const pools: string[] = [];
  for (let n = 1; n <= 9; n++) {
    // Each other time the pool with the history is busy when the run comes, and the other one is idle.
    const isBusy = n % 2 === 0;
    const blocker = isBusy
      ? await client.submit({
          name: 'busy',
          tasks: [
            {
              ...{ task_id: 'busy', executor: 'noop', requirements: { pool: pools[0] ?? '' } },
              config: { sleep_ms: 1000 },
            },
          ],
        })
      : undefined;
    const { run_id } = await client.submit({ name: 'anywhere', source: source(n), tasks: [task] });
    await client.finished(run_id);
    if (blocker !== undefined) await client.finished(blocker.run_id);
    pools.push(await poolOfRun(run_id));
  }
  expect(new Set(pools).size).toBe(1);

  const step = await job(10);
  expect(step.code, step.stdout + step.stderr).toBe(2);
  expect(step.stdout).toMatch(/slower +\+1[12]\.\d %/);

  // Without the worker that has the history the run goes elsewhere, and says so.
  const [home] = (await client.query('workers', {})).rows.filter((row) => row.pools.includes(pools[0] ?? ''));
  const gone = fixture.stack.service(home?.worker_id === 'left' ? 'worker-1' : 'worker-2');
  await fixture.stack.stopService(gone);
  const elsewhere = await job(11);
  expect(elsewhere.code).toBe(0);
  expect(elsewhere.stdout + elsewhere.stderr).toContain('the series continues on pool');
  const { stdout } = await bw(['runs', '--json', '--limit', '1'], { env: fixture.stack.env, cwd: folder });
  const [last] = JSON.parse(stdout) as Array<{ run_id: string }>;
  expect(await poolOfRun(last?.run_id ?? '')).not.toBe(pools[0]);
  const verdict: RunVerdict = await client.verdict(last?.run_id ?? '');
  expect(verdict.metrics).toMatchObject([{ verdict: 'new' }]);

  // Back again it has the history, also after the scheduler was restarted, which learned it from outcomes.
  gone.start();
  await gone.waitReady();
  const scheduler = fixture.stack.service('scheduler');
  await scheduler.kill('SIGKILL');
  await scheduler.waitReady();
  await vi.waitFor(async () => {
    const { rows } = await client.query('workers', {});
    expect(rows.filter(({ state }) => state === 'ready')).toHaveLength(2);
  });
  const { run_id } = await client.submit({ name: 'anywhere', source: source(12), tasks: [task] });
  await client.finished(run_id);
  expect(await poolOfRun(run_id)).toBe(pools[0]);
});
