import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import type { Client } from '@benchwire/shared/client/client.ts';
import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { VIEWED_DURABLES } from '@benchwire/shared/contracts/roles.ts';
import { EVENTS, FINDINGS, METRICS, OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BwProcess, startProgram } from '../support/bw.ts';
import { pythonWith } from '../support/python.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** Every program in examples/, as its users run it, against a real stack. */
const folder = mkdtempSync(join(tmpdir(), 'bw-examples-'));
const examples = join(repositoryRoot, 'examples');
let fixture: StackFixture;
let stack: LocalStack;
let client: Client;

beforeAll(async () => {
  const env = { WORKER_COMMANDS: 'cat', LOG_LEVEL: 'warn' };
  fixture = await StackFixture.start({ dataDir: join(folder, 'data'), env });
  ({ stack, client } = fixture);
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const example = (file: string, ...args: string[]): BwProcess =>
  startProgram(process.execPath, [join(examples, file), ...args], { env: stack.env, cwd: folder });

async function interrupt(program: BwProcess): Promise<void> {
  program.child.kill('SIGINT');
  const { code, stderr } = await program.ended;
  expect(stderr).toBe('');
  expect(code).toBe(0);
}

/** One more value of one series. */
async function measure(value: number): Promise<string> {
  const file = join(folder, 'speed.json');
  writeFileSync(file, `${JSON.stringify({ metric: 'latency_ms', value, unit: 'ms' })}\n`);
  const config = { command: ['cat', file] };
  const { run_id } = await client.submit({ name: 'x', tasks: [{ task_id: 'speed', executor: 'command', config }] });
  expect(await client.finished(run_id)).toMatchObject({ completed: 1 });
  return run_id;
}

it('submit-and-wait.ts measures, and live-metrics.ts hears it', async () => {
  const live = example('live-metrics.ts');
  await live.waitFor(/listening/);
  const { code, stdout, stderr } = await example('submit-and-wait.ts').ended;
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^run [0-9a-f-]{36}\nmeasure, attempt 1: completed\n/);
  expect(stdout).toMatch(/^latency_ms at batch 2: [\d.e+-]+ ms$/m);
  expect(stdout).toMatch(/^throughput_items_per_second at batch 1: [\d.e+-]+ items\/s$/m);
  expect(code).toBe(0);
  // 100 of each batch size.
  const points = (): number => live.printed().stdout.match(/measure {2}latency_ms [\d.]+ ms/g)?.length ?? 0;
  await vi.waitFor(() => expect(points()).toBe(200), 20_000);
  await interrupt(live);
});

it('submit-and-wait.ts ends with 1 when a task failed, and says why', async () => {
  const { code, stdout } = await example('submit-and-wait.ts', 'no-such-model').ended;
  expect(stdout).toMatch(/measure, attempt 1: failed \(MODEL_\w+: .*no-such-model/);
  expect(code).toBe(1);
});

describe('one series, with a regression', () => {
  let found: Finding | undefined;

  it('watch-findings.ts tells it as it is found', async () => {
    const watching = example('watch-findings.ts');
    await watching.waitFor(/^watching$/m);
    for (const value of [10, 10.1, 9.9, 10.05, 9.95, 10]) await measure(value);
    const run_id = await measure(20);
    await watching.waitFor(/regression of series [0-9a-f]{20}, commit unknown: .*20/);
    await interrupt(watching);
    for await (const message of await client.watch({
      run_id,
      from: 'start',
      streams: ['findings'],
      until: 'caught_up',
    }))
      if (message.stream === 'findings') found = message.value;
    expect(found).toMatchObject({ kind: 'regression', value: 20, run_id });
  });

  it('replay-series.ts tells its points and its finding, from the streams and from ClickHouse', async () => {
    const { code, stdout, stderr } = await example('replay-series.ts', found?.series_id ?? '').ended;
    expect(stderr).toBe('');
    const told = stdout.match(/ {2}latency_ms [\d.]+ ms$/gm)?.map((line) => Number(line.split(' ')[3])) ?? [];
    expect(told.slice(0, 7)).toEqual([10, 10.1, 9.9, 10.05, 9.95, 10, 20]);
    // What ran again to confirm the regression is told, too.
    expect(new Set(told.slice(7))).toEqual(new Set(told.length > 7 ? [20] : []));
    expect(stdout).toMatch(/latency_ms 20 ms\n.* {2}regression: .*20/);
    expect(stdout).toMatch(/^\d+ points in ClickHouse: 10, 10\.1, 9\.9, 10\.05, 9\.95, 10, 20(, 20)*$/m);
    expect(code).toBe(0);
  });

  it('replay-last-hour.ts tells everything, with no package of ours', async () => {
    const { code, stdout, stderr } = await example('replay-last-hour.ts').ended;
    expect(stderr).toBe('');
    for (const [stream, line] of [
      ['EVENTS', /bw\.event\.run\.[0-9a-f-]{36} {2}finished {2}finished: 1 completed of 1 tasks/],
      ['METRICS', /bw\.metrics\.[0-9a-f-]{36}\.measure {2}\d+ × latency_ms, last [\d.]+/],
      ['OUTCOMES', /bw\.outcome\.[0-9a-f-]{36}\.speed {2}completed/],
      ['FINDINGS', /bw\.finding\.regression\.[0-9a-f]{20} {2}regression {2}/],
    ] as const) {
      const [, count] = new RegExp(`^${stream}: (\\d+) messages since 20`, 'm').exec(stdout) ?? [];
      expect(Number(count), stream).toBeGreaterThan(0);
      expect(stdout).toMatch(line);
    }
    expect(code).toBe(0);
  });
});

it('docs/streams.md denies a viewer every consumer that the services have', async () => {
  const docs = readFileSync(join(repositoryRoot, 'docs/streams.md'), 'utf8');
  const manager = await jetstreamManager(client.nats);
  const names = new Set<string>();
  for (const { name } of [OUTCOMES, METRICS, EVENTS, FINDINGS])
    for await (const { config } of manager.consumers.list(name))
      if (config.durable_name !== undefined) names.add(config.durable_name);
  expect(names.size).toBeGreaterThan(1);
  expect([...names].filter((name) => !VIEWED_DURABLES.some((each) => each === name))).toEqual([]);
  for (const name of names)
    for (const verb of ['MSG.NEXT', 'CREATE']) expect(docs).toContain(`"$JS.API.CONSUMER.${verb}.*.${name}"`);
});

const { python = '', reason } = pythonWith(join(examples, 'requirements.txt'), folder);
if (reason !== undefined) console.log(`examples/streams.py is not tested here: ${reason}`);

describe.skipIf(reason !== undefined)('streams.py', () => {
  const streams = (...args: string[]): BwProcess =>
    startProgram(python, [join(examples, 'streams.py'), ...args], { env: stack.env, cwd: folder });

  it('hears what happens now', async () => {
    const live = streams('live');
    await live.waitFor(/listening/);
    const run_id = await measure(10);
    for (const line of [
      `bw.event.run.${run_id} accepted`,
      `bw.metrics.${run_id}.speed latency_ms 10.* ms`,
      `bw.outcome.${run_id}.speed completed`,
      `bw.event.run.${run_id} finished`,
    ])
      await live.waitFor(new RegExp(line));
    await interrupt(live);
  });

  it('replays what was', async () => {
    const { code, stdout, stderr } = await streams('replay', '60').ended;
    expect(stderr).toBe('');
    expect(stdout.match(/^bw\.event\.run\.[0-9a-f-]{36} finished/gm)?.length).toBeGreaterThanOrEqual(10);
    expect(stdout.match(/ bw\.metrics\.[0-9a-f-]{36}\.measure latency_ms [\d.]+ ms$/gm)).toHaveLength(200);
    expect(stdout).toMatch(/^bw\.outcome\.[0-9a-f-]{36}\.speed completed/m);
    expect(stdout).toMatch(/^bw\.finding\.regression\.[0-9a-f]{20} regression /m);
    expect(code).toBe(0);
  });
});
