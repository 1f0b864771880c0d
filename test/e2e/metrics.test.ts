import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import type { ResultRow, SeriesRow, TaskRow } from '@benchwire/shared/contracts/rows.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BwResult, bw } from '../support/bw.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** What programs print, in whatever unit and form, as it comes out at the other end of the stack: through `bw`. */
const folder = mkdtempSync(join(tmpdir(), 'bw-metrics-'));
const printed = join(folder, 'printed');
let fixture: StackFixture;
let stack: LocalStack;

beforeAll(async () => {
  const env = { WORKER_COMMANDS: '*', LOG_LEVEL: 'warn' };
  fixture = await StackFixture.start({ dataDir: join(folder, 'data'), env });
  stack = fixture.stack;
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const call = (...args: string[]): Promise<BwResult> => bw(args, { env: stack.env, cwd: folder });
const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await call(...args, '--json')).stdout) as T;

/** Runs a program that prints what the file `printed` holds: the command stays the same, whatever it prints. */
async function print(task_id: string, text: string, task: object = {}, ...args: string[]): Promise<BwResult> {
  writeFileSync(printed, text);
  const config = { command: ['cat', printed], ...('config' in task ? (task.config as object) : {}) };
  const request = { name: task_id, tasks: [{ task_id, executor: 'command', ...task, config }] };
  return await bw(['run', '-', ...args], { env: stack.env, cwd: folder, input: JSON.stringify(request) });
}

const line = (metric: string, value: number, unit?: string, more: object = {}): string =>
  `${JSON.stringify({ metric, value, ...(unit === undefined ? {} : { unit }), ...more })}\n`;
/** Eight values around one, so that a ninth is judged. */
const history = async (task_id: string, metric: string, value: number, unit?: string): Promise<void> => {
  for (let n = 0; n < 8; n++) {
    const { code, stderr } = await print(task_id, line(metric, value * (1 + (n % 3) * 0.001), unit));
    expect(code, stderr).toBe(0);
  }
};
/** The run that `bw run` has shown: the newest one may be a re-run that settles a finding. */
const runOf = ({ stdout }: BwResult): string => /bw show (\S+)/.exec(stdout)?.[1] ?? 'last';
const rowsOf = (ran: BwResult): Promise<ResultRow[]> => json<ResultRow[]>('results', runOf(ran), '--format', 'json');
const seriesOf = async (metric: string): Promise<SeriesRow[]> =>
  (await json<SeriesRow[]>('series', metric)).filter((row) => row.metric === metric);

describe('which way is better', () => {
  it('is known from the unit, where the name says nothing', async () => {
    await history('prefill', 'prefill_stage', 100, 'tok/s');
    const worse = await print('prefill', line('prefill_stage', 60, 'tok/s'), {}, '--fail-on', 'regression');
    expect([worse.code, worse.stdout]).toEqual([2, expect.stringContaining('regression')]);
  });

  it('that nobody knows is said, with the gate that sees it; the task or the line can say it', async () => {
    await history('zeit', 'zeit', 10);
    const unseen = await print('zeit', line('zeit', 10), {}, '--fail-on', 'regression');
    expect(unseen.code).toBe(0);
    expect(unseen.stdout).toMatch(/cannot judge zeit: the direction is unknown/);
    expect(unseen.stdout.replace(/\s+/g, ' ')).toContain('--fail-on regression,change can');
    const change = await print('zeit', line('zeit', 20), {}, '--fail-on', 'regression,change');
    expect([change.code, change.stdout]).toEqual([2, expect.stringContaining('change')]);

    await history('dauer', 'dauer', 10);
    const said = await print(
      'dauer',
      line('dauer', 20),
      { metrics: { dauer: { better: 'lower' } } },
      '--fail-on',
      'regression',
    );
    expect([said.code, said.stdout]).toEqual([2, expect.stringContaining('regression')]);
    expect(said.stdout).not.toContain('cannot judge');

    await history('guete', 'guete', 10);
    const better = await print(
      'guete',
      line('guete', 20, undefined, { better: 'higher' }),
      {},
      '--fail-on',
      'regression',
    );
    expect([better.code, better.stdout]).toEqual([0, expect.stringContaining('improvement')]);
  });
});

describe("the stack's own catalogue of metrics", () => {
  it('says which way is better and the unit, by name or pattern, to everything that judges; the task goes before it', async () => {
    expect((await call('metrics', 'set', 'Flink*', '--better', 'higher', '--unit', 'ms')).code).toBe(0);
    expect((await call('metrics', 'set', 'zaehe', '--better', 'lower')).stdout).toMatch(
      /Flink\* +higher +ms[\s\S]*zaehe +lower/,
    );
    const wrong = await call('metrics', 'set', 'x');
    expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('say "better", "unit", or both')]);
    expect(await json<object>('metrics', 'explain', 'flink_b')).toMatchObject({ better: 'higher', unit: 'ms' });
    expect(await json<object>('metrics', 'explain', 'sonstwas')).toMatchObject({ better: 'unknown', from: 'nothing' });

    await history('zaehe', 'zaehe', 10);
    const worse = await print('zaehe', line('zaehe', 20), {}, '--fail-on', 'regression');
    expect([worse.code, worse.stdout]).toEqual([2, expect.stringContaining('regression')]);
    expect(worse.stdout).not.toContain('cannot judge');
    const compared = await call('findings', '--kind', 'regression');
    expect(compared.stdout).toContain('zaehe');

    // The unit is the rules' where none is printed, and converts what is printed in another.
    await print('flink', line('flink_b', 12));
    await print('flink', line('flink_b', 0.012, 's'));
    expect(await seriesOf('flink_b')).toMatchObject([{ unit: 'ms', points: 2, last_value: 12 }]);
    const [row] = await rowsOf(
      await print('flink', line('flink_b', 12), { metrics: { flink_b: { better: 'lower' } } }),
    );
    expect(row).toMatchObject({ better: 'lower', unit: 'ms' });

    // A change holds for the very next program.
    for (const better of ['higher', 'lower', 'neither', 'higher']) {
      expect((await call('metrics', 'set', 'wendig', '--better', better)).code).toBe(0);
      expect(await rowsOf(await print('wendig', line('wendig', 10)))).toMatchObject([{ better }]);
    }
    expect((await call('metrics', 'remove', 'wendig')).code).toBe(0);

    expect((await call('metrics', 'remove', 'ZAEHE')).code).toBe(0);
    expect((await call('metrics', 'remove', 'zaehe')).code).not.toBe(0);
    expect(await json<object[]>('metrics')).toEqual([{ metric: 'Flink*', better: 'higher', unit: 'ms' }]);
  });
});

describe('units', () => {
  it('of one family are one history, whatever is printed; the value stands as it was printed', async () => {
    await history('step', 'step_time', 12.3, 'ms');
    let ran: BwResult | undefined;
    for (const [value, unit] of [
      [0.0123, 's'],
      [12_310_000, 'nanoseconds'],
      [12_300, 'µs'],
    ] as const) {
      ran = await print('step', line('step_time', value, unit), {}, '--fail-on', 'regression,change');
      expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining('no finding')]);
      expect(ran.stdout).not.toContain('a new series');
    }
    if (ran === undefined) return;
    expect(await seriesOf('step_time')).toMatchObject([{ unit: 'ms', points: 11, last_value: 12.3 }]);
    const [row] = await rowsOf(ran);
    expect(row).toMatchObject({ value: 12.3, unit: 'ms', printed_value: 12_300, printed_unit: 'µs' });
    expect((await call('results', runOf(ran))).stdout).toMatch(/12,300 +µs/);
  });

  it('that do not convert are another history, and bw run says so', async () => {
    await print('mem', line('buffer', 1, 'MiB'));
    const same = await print('mem', line('buffer', 1024, 'KiB'));
    expect(same.stdout).not.toContain('a new series');
    const other = await print('mem', line('buffer', 12, 'ms'));
    expect(other.stdout.replace(/\s+/g, ' ')).toMatch(/a new series.*the unit of buffer differs \(KiB, now ms\)/);
    expect((await seriesOf('buffer')).map(({ unit, points }) => `${unit} ${points}`).sort()).toEqual(['MB 2', 'ms 1']);
  });

  it('that change within one task are converted, or kept apart, and noted', async () => {
    const text = `${line('lap', 10, 'ms')}${line('lap', 0.012, 's')}${line('lap', 3, 'MB')}`;
    const ran = await print('laps', text);
    expect(ran.stdout).toMatch(/¹ printed in several units/);
    const rows = await rowsOf(ran);
    expect(rows.map(({ metric, value, unit }) => [metric, value, unit])).toEqual(
      expect.arrayContaining([
        ['lap', 11, 'ms'],
        ['lap', 3, 'MB'],
      ]),
    );
    expect(rows[0]?.note_codes).toEqual(['mixed_units']);
  });
});

it('output: what is a metric is taken, and what is not taken is told', async () => {
  const text = [
    '\r 50%|#####     |\r100%|##########|\r{"metric":"tokens_per_second","value":41.5}',
    'INFO:bench:{"metric": "load_ms", "value": 12}',
    "{'metric': 'wer', 'value': 5.1, 'unit': '%',}",
    '{"metric": "perplexity", "value": NaN}',
    'such as {"metric": "example", "value": 1} a line',
    '',
  ].join('\n');
  const ran = await print('odd', text);
  const rows = await rowsOf(ran);
  expect(rows.map(({ metric, value }) => [metric, value]).sort()).toEqual([
    ['load_ms', 12],
    ['tokens_per_second', 41.5],
    ['wer', 5.1],
  ]);
  const words = ran.stdout.replace(/\s+/g, ' ');
  expect(words).toContain('NaN cannot be stored');
  expect(words).toContain('there is text around it');
  const shown = await json<{ tasks: TaskRow[] }>('show', runOf(ran));
  expect(shown.tasks[0]?.note).toContain('NaN cannot be stored');
});

describe('a series is named by what was run', () => {
  const build = (number: string, more: object = {}) => ({ config: { env: { BUILD_ID: number } }, ...more });

  it('and another setting is named when it begins a new one; not_in_series keeps the history', async () => {
    for (const number of ['1', '2']) await print('nightly', line('decode_ms', 10), build(number));
    const third = await print('nightly', line('decode_ms', 10), build('3'));
    const words = third.stdout.replace(/\s+/g, ' ');
    expect(words).toMatch(/a new series, its 2 earlier results are not compared with it: env.BUILD_ID differs/);
    expect(words).toContain('not_in_series: [env.BUILD_ID]');
    expect(await seriesOf('decode_ms')).toHaveLength(3);

    const declared = { not_in_series: ['env.BUILD_ID'] };
    for (let n = 1; n <= 8; n++) await print('build', line('encode_ms', 10 + n / 100), build(String(n), declared));
    const slow = await print('build', line('encode_ms', 20), build('9', declared), '--fail-on', 'regression');
    expect([slow.code, slow.stdout]).toEqual([2, expect.stringContaining('regression')]);
    expect(slow.stdout).not.toContain('a new series');
    const [series, ...others] = await seriesOf('encode_ms');
    expect(others).toEqual([]);
    // And the re-runs that settle the finding.
    expect(series?.points).toBeGreaterThanOrEqual(9);
  });

  it('a place that is not there is refused before anything runs', async () => {
    const { code, stderr } = await print('wrong', line('a_ms', 1), build('1', { not_in_series: ['env.BUILDID'] }));
    expect([code, stderr]).toEqual([64, expect.stringContaining('has no "BUILDID"')]);
  });
});

it('a target rate that was missed reaches every reader', async () => {
  const config = { model: 'silero-vad-v5', scenario: 'server', target_qps: 500_000, iterations: 500, max_seconds: 20 };
  const input = JSON.stringify({ name: 'rate', tasks: [{ task_id: 'rate', config }] });
  const ran = await bw(['run', '-'], { env: stack.env, cwd: folder, input });
  expect(ran.code, ran.stderr).toBe(0);
  const missed = /of 500000 arrivals per second/;
  // Other notes may come before it, such as on inputs that were guessed.
  expect(ran.stdout).toMatch(/\d[¹²³]/);
  expect(ran.stdout.replace(/\s+/g, ' ')).toMatch(
    /[¹²³] target rate missed: silero-vad-v5, batch 1: .* of 500000 arrivals/,
  );
  expect((await call('results', runOf(ran))).stdout.replace(/\s+/g, ' ')).toMatch(missed);
  expect((await call('show', runOf(ran))).stdout.replace(/\s+/g, ' ')).toMatch(missed);
  const rows = await rowsOf(ran);
  expect(rows.length).toBeGreaterThan(1);
  expect(rows.every(({ note_codes }) => note_codes.includes('target_rate_missed'))).toBe(true);
  const report = join(folder, 'report.html');
  await call('report', runOf(ran), '--output', report);
  expect(readFileSync(report, 'utf8')).toMatch(missed);
  const [series] = await seriesOf('latency_ms');
  expect((await call('series', series?.series_id ?? '')).stdout).toContain('target rate missed');
  const told = await bw(['run', '-', '--json'], { env: stack.env, cwd: folder, input });
  const { tasks } = JSON.parse(told.stdout) as { tasks: Outcome[] };
  expect(tasks[0]?.results.batch_sizes?.['1']?.value_notes).toEqual(
    expect.arrayContaining([expect.objectContaining({ code: 'target_rate_missed', batch_size: 1 })]),
  );
});
