import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalStack, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import { Client } from '@benchwire/shared/client/client.ts';
import type { Gate } from '@benchwire/shared/contracts/gate.ts';
import { type Request, request } from '@benchwire/shared/contracts/request.ts';
import type { RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import { connectNats } from '@benchwire/shared/runtime/nats.ts';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { bw as startBw } from '../support/bw.ts';

/** Stories of new users, with real processes: what `bw run --fail-on regression` says in a job. */

const folder = mkdtempSync(join(tmpdir(), 'bw-verdict-'));
let stack: LocalStack;
let client: Client;

async function start(): Promise<void> {
  stack = await startLocalStack({
    dataDir: join(folder, 'data'),
    env: { WORKER_COMMANDS: 'node', LOG_LEVEL: 'warn', ANOMALY_CONFIRM_RUNS: '0' },
    services: { worker: 1, gateway: 0 },
  });
  client = new Client(await connectNats('test', loadConfig(z.object(natsVariables), stack.env)));
}

beforeAll(async () => {
  // The values of a run are given by the test that starts it, so that a story has the same numbers each time.
  writeFileSync(
    join(folder, 'measure.cjs'),
    `for (const [metric, value] of Object.entries(JSON.parse(process.argv[2])))
       console.log(JSON.stringify({ metric, unit: 'ms', value }));`,
  );
  await start();
});
afterAll(async () => {
  await client?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Told {
  code: number | null;
  stdout: string;
  verdict: RunVerdict;
}

const WIGGLE = [0, 0.4, -0.3, 0.6, -0.5, 0.2, -0.6, 0.3];
let runs = 0;

const bw = (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  startBw(args, { env: stack.env, cwd: folder });

/** What a job measures: a program that prints these values, less a little noise. */
function requestOf(benchmark: string, source: Record<string, unknown>, metrics: Record<string, number>): Request {
  const wiggle = 1 + (WIGGLE[runs++ % WIGGLE.length] ?? 0) / 100;
  const values = Object.fromEntries(Object.entries(metrics).map(([metric, value]) => [metric, value * wiggle]));
  return request.parse({
    ...{ name: benchmark, source },
    tasks: [
      {
        ...{ task_id: benchmark, executor: 'command', not_in_series: ['command[2]'] },
        config: { command: ['node', join(folder, 'measure.cjs'), JSON.stringify(values)] },
      },
    ],
  });
}

/** Measures commits of main, one after the other. */
async function history(
  benchmark: string,
  n: number,
  metrics: (commit: number) => Record<string, number>,
): Promise<void> {
  for (let commit = 1; commit <= n; commit++) {
    const source = { commit: `c${commit}`, branch: 'main', position: commit };
    const { run_id } = await client.submit(requestOf(benchmark, source, metrics(commit)));
    await client.finished(run_id);
  }
}

/** A job: `bw run` with what it measures, on a branch or pull request. */
async function job(
  benchmark: string,
  source: Record<string, unknown>,
  metrics: Record<string, number>,
  gate: Partial<Gate> = {},
): Promise<Told> {
  const file = join(folder, `request-${runs}.json`);
  writeFileSync(file, JSON.stringify({ ...requestOf(benchmark, source, metrics), gate }));
  const { code, stdout, stderr } = await bw('run', file, '--fail-on', 'regression', '--json');
  expect(stdout, stderr).not.toBe('');
  const { verdict } = JSON.parse(stdout) as { verdict: RunVerdict };
  return { code, stdout, verdict };
}

const main = (benchmark: string, position: number, latency_ms = 100): Promise<Told> =>
  job(benchmark, { commit: `c${position}`, branch: 'main', position }, { latency_ms });

const pull = (commit: string): Record<string, unknown> => ({ commit, pull_request: 7, base: 'main' });

describe('a job of a pull request', () => {
  it('that is 15 % slower is red, when it is repeated and when the next push is as slow, and moves nothing', async () => {
    await history('encode', 8, () => ({ latency_ms: 100 }));
    const first = await job('encode', pull('p1'), { latency_ms: 115 });
    expect([first.code, first.verdict.metrics[0]?.verdict]).toEqual([2, 'slower']);
    expect((await job('encode', pull('p1'), { latency_ms: 115 })).code).toBe(2);
    const third = await job('encode', pull('p2'), { latency_ms: 115 });
    expect(third.code).toBe(2);

    // Unchanged main is no improvement, nothing was found on it, and the next pull request that is as slow is red, too.
    const unchanged = await main('encode', 9);
    expect([unchanged.code, unchanged.verdict.counts.faster]).toEqual([0, 0]);
    expect((await client.query('findings', { search: 'encode' })).rows).toEqual([]);
    expect((await job('encode', { ...pull('q1'), pull_request: 8 }, { latency_ms: 115 })).code).toBe(2);

    // Asked later, the answer is the same; and people see it.
    const again = await bw('verdict', first.verdict.run_id);
    expect(again.code).toBe(2);
    expect(again.stdout).toMatch(/slower +\+1[45]\.\d %.* latency_ms/);
    expect(again.stdout).toContain('verdict: 1 of 1 metric slower');
    expect((await bw('verdict', first.verdict.run_id, '--format', 'markdown')).stdout).toMatch(
      /^❌ 1 of 1 metric slower/,
    );
    expect((await bw('verdict', first.verdict.run_id, '--format', 'junit')).stdout).toContain('tests="1" failures="1"');
    const compared = await bw('compare', unchanged.verdict.run_id, third.verdict.run_id, '--json');
    expect([compared.code, JSON.parse(compared.stdout).metrics[0].verdict]).toEqual([2, 'slower']);

    // Accepted, it passes, and the next push is compared with what was accepted.
    expect((await bw('accept', third.verdict.run_id, '--reason', 'a better answer costs time')).stdout).toContain(
      '1 metric',
    );
    expect((await bw('verdict', third.verdict.run_id)).code).toBe(0);
    expect((await job('encode', pull('p3'), { latency_ms: 115 })).code).toBe(0);
    expect((await job('encode', pull('p4'), { latency_ms: 140 })).code).toBe(2);
  });
});

describe('lists of runs', () => {
  const stored = async (run_id: string) => (await client.query('run', { run_id })).rows[0]?.verdict ?? null;
  const listed = (run_id: string, outcome: string | undefined) =>
    vi.waitFor(async () => expect((await stored(run_id))?.outcome).toBe(outcome), { timeout: 20_000, interval: 100 });

  it('show the verdict that the run has, also after a repetition, an acceptance, or another gate', async () => {
    await history('listed', 8, () => ({ latency_ms: 100 }));
    const red = await job('listed', pull('l1'), { latency_ms: 115 });
    await listed(red.verdict.run_id, 'fail');
    expect(await stored(red.verdict.run_id)).toMatchObject({ summary: red.verdict.summary, counts: { slower: 1 } });
    const failing = (await client.query('runs', { verdicts: ['fail'], limit: 100 })).rows;
    expect(failing.map(({ run_id }) => run_id)).toContain(red.verdict.run_id);
    expect(failing.every(({ verdict }) => verdict?.outcome === 'fail')).toBe(true);
    expect((await bw('runs', '--verdict', 'fail')).stdout).toContain('listed');

    // Nobody asks for the first run's verdict from here on: its commit is measured again, and most repetitions are as before.
    for (let n = 0; n < 2; n++) {
      const { run_id } = await client.submit(requestOf('listed', pull('l1'), { latency_ms: 100 }));
      await client.finished(run_id);
    }
    await vi.waitFor(async () => expect((await stored(red.verdict.run_id))?.outcome).toBe('pass'), { timeout: 20_000 });

    const other = await job('listed', pull('l2'), { latency_ms: 115 });
    await listed(other.verdict.run_id, 'fail');
    expect((await bw('gates', 'set', 'listed', '--on-slower', 'warn')).stdout).toContain('on_slower');
    await listed(other.verdict.run_id, 'warn');
    expect((await bw('verdict', other.verdict.run_id)).stdout).toContain("on_slower warn (server's gate for listed)");
    expect((await bw('gates', 'remove', 'listed')).code).toBe(0);
    await listed(other.verdict.run_id, 'fail');
    const changes = (await client.query('events', { entity: 'gate' })).rows.filter(({ kind }) => kind === 'changed');
    expect(changes.map(({ data }) => JSON.parse(data))).toMatchObject([
      { benchmark: 'listed', before: { on_slower: 'warn' }, after: null },
      { benchmark: 'listed', before: null, after: { on_slower: 'warn' } },
    ]);

    await bw('accept', other.verdict.run_id, '--reason', 'wanted');
    await listed(other.verdict.run_id, 'pass');
  });
});

describe('main', () => {
  it('stays red after a regression that nobody fixed or accepted', async () => {
    await history('decode', 8, () => ({ latency_ms: 100 }));
    const bad = await main('decode', 9, 115);
    expect([bad.code, bad.verdict.metrics[0]?.known_regression]).toEqual([2, null]);
    for (let n = 10; n <= 15; n++) {
      const later = await main('decode', n, 115);
      expect([later.code, later.verdict.metrics[0]?.known_regression?.since_commit], `c${n}`).toEqual([2, 'c9']);
    }
    const [finding] = (await client.query('findings', { search: 'decode' })).rows;
    expect(finding).toMatchObject({ kind: 'regression', source: { commit: 'c9' } });
    await bw('accept', finding?.finding_id ?? '');
    expect((await main('decode', 16, 115)).code).toBe(0);
  });
});

it('a noisy series says that it can not tell, how many more runs would, and passes only if it may', async () => {
  await history('noisy', 24, (n) => ({ latency_ms: 100 + 30 * Math.sin(n * 2.4) }));
  const said = await job('noisy', pull('p1'), { latency_ms: 115 });
  expect([said.code, said.verdict.metrics[0]?.verdict]).toEqual([0, 'cannot_tell']);
  expect(said.verdict.metrics[0]?.minimum_detectable_percent).toBeGreaterThan(100);
  expect(said.verdict.summary).toMatch(/^1 of 1 metric cannot tell/);
  const strict = await job('noisy', pull('p2'), { latency_ms: 115 }, { on_cannot_tell: 'fail' });
  expect(strict.code).toBe(2);
});

it('noise in a tail is reported and not counted, and the step of the median counts', async () => {
  await history('tails', 8, () => ({ latency_ms: 100, latency_p90_ms: 120 }));
  const tail = await job('tails', pull('p1'), { latency_ms: 100, latency_p90_ms: 300 });
  expect(tail.code).toBe(0);
  expect(tail.verdict.metrics.find(({ metric }) => metric === 'latency_p90_ms')).toMatchObject({
    ...{ verdict: 'slower', gate: 'report' },
  });
  const step = await job('tails', pull('p2'), { latency_ms: 115, latency_p90_ms: 120 });
  expect([step.code, step.verdict.counts.slower]).toEqual([2, 1]);
});

it('an argument that differs each time begins a new series and says so; a placeholder continues it, and a step is seen', async () => {
  const measure = (
    commit: number,
    value: number,
    argument: string,
  ): Promise<{ code: number | null; stdout: string }> => {
    const file = join(folder, 'placeholder.json');
    const values = JSON.stringify({ latency_ms: value * (1 + (WIGGLE[commit % WIGGLE.length] ?? 0) / 100) });
    writeFileSync(
      file,
      JSON.stringify({
        ...{
          name: 'placeholder',
          source: { commit: String(commit).padStart(8, 'a'), branch: 'main', position: commit },
        },
        tasks: [
          {
            ...{ task_id: 'placeholder', executor: 'command', not_in_series: ['command[2]'] },
            config: { command: ['node', join(folder, 'measure.cjs'), values, '--commit', argument] },
          },
        ],
      }),
    );
    return bw('run', file, '--fail-on', 'regression');
  };
  for (let commit = 1; commit <= 8; commit++) expect((await measure(commit, 100, '{commit}')).code).toBe(0);
  const literal = await measure(9, 115, 'aaaaaaa9');
  expect([literal.code, literal.stdout]).toEqual([0, expect.stringContaining('{commit}')]);
  const slow = await measure(10, 115, '{commit}');
  expect([slow.code, slow.stdout]).toEqual([2, expect.stringMatching(/slower +\+1[3-6]\.\d %/)]);
});

it('after a restart of everything, with streams as a week leaves them, what is known and accepted still counts, also on branches', async () => {
  await history('lasting', 8, () => ({ latency_ms: 100 }));
  expect((await main('lasting', 9, 115)).code).toBe(2);
  expect((await main('lasting', 10, 115)).verdict.metrics[0]?.known_regression?.since_commit).toBe('c9');
  const branch = (name: string, commit: string) => ({ commit, branch: name, base: 'c8' });
  const accepted = await job('lasting', branch('one', 'o1'), { latency_ms: 130 });
  await bw('accept', accepted.verdict.run_id, '--reason', 'wanted on this branch');

  const manager = await jetstreamManager(client.nats);
  for (const stream of ['OUTCOMES', 'EVENTS', 'METRICS']) await manager.streams.purge(stream);
  await client.close();
  await stack.stop();
  await start();

  const later = await main('lasting', 11, 115);
  expect([later.code, later.verdict.metrics[0]?.known_regression?.since_commit]).toEqual([2, 'c9']);
  expect((await bw('verdict', accepted.verdict.run_id)).code).toBe(0);
  expect((await job('lasting', branch('one', 'o2'), { latency_ms: 130 })).code).toBe(0);
  // What one branch accepted says nothing of another.
  expect((await job('lasting', branch('two', 't1'), { latency_ms: 130 })).code).toBe(2);
  const lenient = await job(
    'lasting',
    { commit: 'c12', branch: 'main', position: 12 },
    { latency_ms: 115 },
    { on_known_regression: 'warn' },
  );
  expect([lenient.code, lenient.verdict.outcome]).toEqual([0, 'warn']);
  const [finding] = (await client.query('findings', { search: 'lasting' })).rows;
  expect((await bw('accept', finding?.finding_id ?? '')).stdout).toContain('1 metric');
  expect((await main('lasting', 13, 115)).code).toBe(0);
});
