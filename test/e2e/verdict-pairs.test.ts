import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalStack, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import { Client } from '@benchwire/shared/client/client.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import type { MetricVerdict, RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import { connectNats } from '@benchwire/shared/runtime/nats.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bw as startBw } from '../support/bw.ts';

/** A base measured in the same run, with real processes: two commits of a repository, checked out by turns in one folder. */

const folder = mkdtempSync(join(tmpdir(), 'bw-pairs-'));
const repository = join(folder, 'repository');
let stack: LocalStack;
let client: Client;
let commits: Record<'base' | 'slow' | 'equal' | 'broken', string>;

/** A busy loop that takes FACTOR times as long as its base's, and more each time that it runs where something else takes the machine. */
const LOOP = `const FACTOR = 1;
const { appendFileSync, readFileSync } = require('node:fs');
const [log, drift] = process.argv.slice(2);
appendFileSync(log, process.env.SIDE + '\\n');
const before = readFileSync(log, 'utf8').split('\\n').length - 2;
let x = 1;
const work = (n) => { for (let i = 0; i < n; i++) x = (x * 1103515245 + 12345) % 2147483648; };
const times = [];
for (let i = 0; i < 9; i++) {
  const began = process.cpuUsage();
  work(1e6 * FACTOR * (1 + Number(drift) * before));
  times.push(process.cpuUsage(began).user / 1000);
}
console.log(JSON.stringify({ metric: 'latency_ms', unit: 'ms', value: Math.min(...times) }));
`;

function git(...args: string[]): string {
  const identity = ['-c', 'user.email=test@localhost', '-c', 'user.name=test'];
  return execFileSync('git', [...identity, ...args], { cwd: repository, encoding: 'utf8' }).trim();
}

function commit(text: string): string {
  writeFileSync(join(repository, 'loop.cjs'), text);
  git('add', '.');
  git('commit', '--quiet', '--allow-empty', '-m', 'a change');
  return git('rev-parse', 'HEAD');
}

beforeAll(async () => {
  mkdirSync(repository);
  git('init', '--quiet');
  commits = {
    base: commit(LOOP),
    slow: commit(LOOP.replace('FACTOR = 1;', 'FACTOR = 1.15;')),
    equal: commit(`${LOOP}// says more\n`),
    broken: commit(`throw new Error('does not start');\n`),
  };
  stack = await startLocalStack({
    dataDir: join(folder, 'data'),
    env: {
      ...{
        WORKER_COMMANDS: 'node,git',
        WORKER_COMMAND_ENV_ALLOW: 'SIDE',
        LOG_LEVEL: 'warn',
        ANOMALY_CONFIRM_RUNS: '0',
      },
      ...{ WORKER_COMMAND_ISOLATION: 'off' },
    },
    services: { worker: 1, gateway: 0 },
  });
  client = new Client(await connectNats('test', loadConfig(z.object(natsVariables), stack.env)));
});
afterAll(async () => {
  await client?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Compared {
  code: number | null;
  verdict: RunVerdict;
  metric: MetricVerdict;
  /** Which side ran, in order. */
  sides: string[];
}

let jobs = 0;

/** A job of a branch that is compared with its base. */
async function compare(head: string, base: string, drift = 0): Promise<Compared> {
  const log = join(folder, `sides-${++jobs}`);
  writeFileSync(log, '');
  const file = join(folder, `request-${jobs}.json`);
  const written = {
    ...{ name: `loop ${jobs}`, source: { commit: head, branch: `change-${jobs}` }, base: { commit: base, pairs: 6 } },
    gate: { on_cannot_tell: 'repeat', repeat_budget: { runs: 14 }, min_change_percent: 8 },
    tasks: [
      {
        ...{ task_id: 'loop', executor: 'command', retry_policy: { max_retries: 0 }, base: { env: { SIDE: 'base' } } },
        config: {
          command: ['node', 'loop.cjs', log, String(drift)],
          env: { SIDE: 'head' },
          working_directory: repository,
          prepare: ['git', 'checkout', '--quiet', '{commit}'],
        },
      },
    ],
  };
  writeFileSync(file, JSON.stringify(written));
  const { code, stdout, stderr } = await startBw(['run', file, '--fail-on', 'regression', '--json', '--no-git'], {
    env: stack.env,
    cwd: folder,
  });
  expect(stdout, stderr).not.toBe('');
  const { verdict } = JSON.parse(stdout) as { verdict: RunVerdict };
  const [metric] = verdict.metrics;
  if (metric === undefined) throw new Error(stdout);
  return { code, verdict, metric, sides: readFileSync(log, 'utf8').trim().split('\n') };
}

describe('a base measured in the same run', () => {
  it('shows a head that is 15 % slower, and says what it was compared with', async () => {
    const { code, metric, sides } = await compare(commits.slow, commits.base);
    expect([code, metric.verdict], metric.reason).toEqual([2, 'slower']);
    expect(metric.change_percent).toBeGreaterThan(5);
    expect(metric.baseline).toMatchObject({ line: 'measured in this run', from_commit: commits.base });
    expect(metric.reason).toMatch(/ of [0-9a-f]{12}, measured in this run: \d+ pairs on \S+/);
    expect(metric.baseline?.pairs?.count).toBe(sides.length / 2);
    // By turns: each two runs are one of either side, and each side goes first as often as the other.
    const pairs = Array.from({ length: sides.length / 2 }, (_, at) => sides.slice(2 * at, 2 * at + 2));
    expect(pairs.every((pair) => new Set(pair).size === 2)).toBe(true);
    expect(pairs.filter(([first]) => first === 'head')).toHaveLength(pairs.length / 2);
  });

  it('passes a head that is not slower, and leaves no points of the base in its history', async () => {
    const { code, metric } = await compare(commits.equal, commits.base);
    expect(code, metric.reason).toBe(0);
    expect(metric.verdict, metric.reason).not.toBe('slower');
    const { rows } = await client.query('points', { series_id: metric.series_id, limit: 100 });
    expect([rows.length, rows[0]?.source?.commit]).toEqual([1, commits.equal]);
  });

  it('is not moved by a load that grows while both are measured', async () => {
    const drifting = await compare(commits.equal, commits.base, 0.05);
    expect([drifting.code, drifting.metric.verdict === 'slower'], drifting.metric.reason).toEqual([0, false]);
    // The load has grown by half at least, which is far more than the change that was looked for.
    expect(drifting.sides.length).toBeGreaterThanOrEqual(12);
  });

  it('keeps what the head measured where the base cannot run, and says why it was not compared', async () => {
    const { code, metric } = await compare(commits.equal, commits.broken);
    expect([code, metric.verdict]).toEqual([0, 'new']);
    expect(metric.reason).toContain('could not be measured');
  });
});

describe('a gate that repeats what it cannot tell', () => {
  it('measures again within its budget where the history is noisy, pools the values, and says what was spent', async () => {
    const file = join(folder, 'noisy.cjs');
    const places = join(folder, 'noisy-places');
    writeFileSync(places, '');
    writeFileSync(
      file,
      `const { appendFileSync, readFileSync } = require('node:fs');
       appendFileSync(process.argv[2], 'x');
       const n = readFileSync(process.argv[2], 'utf8').length;
       console.log(JSON.stringify({ metric: 'latency_ms', unit: 'ms', value: 100 + 30 * Math.sin(n * 2.4) }));`,
    );
    const requestOf = (source: object, gate?: object) => ({
      ...{ name: 'noisy', source, ...(gate === undefined ? {} : { gate }) },
      tasks: [{ task_id: 'noisy', executor: 'command', config: { command: ['node', file, places] } }],
    });
    for (let n = 1; n <= 12; n++) {
      const source = { commit: `c${n}`, branch: 'main', position: n };
      const { run_id } = await client.submit(request.parse(requestOf(source)));
      await client.finished(run_id);
    }
    const written = join(folder, 'noisy.json');
    const gate = { on_cannot_tell: 'repeat', repeat_budget: { runs: 3 } };
    writeFileSync(written, JSON.stringify(requestOf({ commit: 'p1', branch: 'change', base: 'main' }, gate)));
    const { code, stdout, stderr } = await startBw(['run', written, '--fail-on', 'regression', '--json', '--no-git'], {
      env: stack.env,
      cwd: folder,
    });
    const { verdict } = JSON.parse(stdout) as { verdict: RunVerdict };
    const [metric] = verdict.metrics;
    expect([code, verdict.is_final, metric?.verdict], stderr).toEqual([0, true, 'cannot_tell']);
    expect(verdict.repeats).toEqual({ spent: 3, budget: 3, is_running: false });
    expect([metric?.repetitions, metric?.gate]).toEqual([4, 'warn']);
    expect(stderr).toContain('repeating what is too noisy to tell');
    // Asked again it is the same, and nothing else is measured.
    const again = await client.verdict(verdict.run_id);
    expect([again.is_final, again.repeats, readFileSync(places, 'utf8').length]).toEqual([true, verdict.repeats, 16]);
  });
});
