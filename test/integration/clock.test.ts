import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import type { Client } from '@benchwire/shared/client/client.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcome } from '@benchwire/shared/contracts/outcome.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bw } from '../support/bw.ts';
import { StackFixture } from '../support/stack-fixture.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const WITHIN = { timeout: 60_000, interval: 100 };

const dataDir = mkdtempSync(join(tmpdir(), 'bw-clock-'));
const script = join(dataDir, 'value.sh');
const value = join(dataDir, 'value');
const skew = join(dataDir, 'skew.mjs');
let fixture: StackFixture;
let stack: LocalStack;
let client: Client;
const outcomes: Outcome[] = [];

/** The clock of every process that loads it is off by as many milliseconds as a file says now. */
const SKEW = `import { readFileSync } from 'node:fs';
const Real = Date;
const off = () => Number(readFileSync(process.env.SKEW_FILE, 'utf8'));
globalThis.Date = class extends Real {
  constructor(...given) { given.length > 0 ? super(...given) : super(Real.now() + off()); }
  static now() { return Real.now() + off(); }
};
`;

const skewFile = (name: string): string => join(dataDir, `${name}.skew`);
const setClock = (name: string, offset_ms: number): void => writeFileSync(skewFile(name), String(offset_ms));

async function addWorker(name: string, offset_ms: number): Promise<void> {
  setClock(name, offset_ms);
  await stack.addService('worker', {
    WORKER_ID: name,
    WORKER_LABELS: `clock=${name}`,
    NODE_OPTIONS: `--import ${skew}`,
    SKEW_FILE: skewFile(name),
  });
}

beforeAll(async () => {
  writeFileSync(skew, SKEW);
  writeFileSync(script, `printf '{"metric": "latency_ms", "value": %s, "unit": "ms"}\\n' "$(cat ${value})"\n`);
  fixture = await StackFixture.start({
    dataDir: join(dataDir, 'stack'),
    services: { gateway: 0, worker: 0 },
    env: { WORKER_COMMANDS: 'sh', LOG_LEVEL: 'warn' },
  });
  ({ stack, client } = fixture);
  client.nats.subscribe('bw.outcome.>', {
    callback: (_error, message) => void outcomes.push(outcome.parse(message.json())),
  });
  setClock('right', 0);
  await Promise.all([
    addWorker('right', 0),
    addWorker('late', -HOUR_MS),
    addWorker('ancient', -10 * YEAR_MS),
    addWorker('future', 2 * YEAR_MS),
    addWorker('jumping', 0),
  ]);
});

afterAll(async () => {
  await fixture?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function measure(on: string, measured: number): Promise<Outcome> {
  // At once: a re-run may read it in this moment.
  writeFileSync(`${value}.new`, String(measured));
  renameSync(`${value}.new`, value);
  const { run_id } = await client.submit({
    tasks: [
      {
        task_id: 'a',
        benchmark: 'clock',
        executor: 'command',
        requirements: { labels: { clock: on } },
        config: { command: ['sh', script] },
      },
    ],
  });
  const found = await vi.waitFor(() => {
    // One that was taken for lost on a busy machine is followed by another attempt.
    const ended = outcomes.find((each) => each.run_id === run_id && each.status !== 'lost');
    if (ended === undefined) throw new Error(`no outcome on ${on} yet`);
    return ended;
  }, WITHIN);
  expect(found).toMatchObject({ status: 'completed', worker_id: on });
  return found;
}

/** Every wrong clock here is off by more. */
const near = (time: string | null): void =>
  expect(Math.abs(Date.parse(time ?? '') - Date.now())).toBeLessThan(HOUR_MS / 4);

describe('workers whose clocks are wrong', () => {
  it('make no other history: points are in the order of the stream, with times that are right', async () => {
    for (let n = 1; n <= 8; n++) await measure('right', 10 + n / 100);
    for (const on of ['late', 'ancient', 'future', 'jumping']) {
      const ended = await measure(on, 20);
      near(ended.finished_at);
      near(ended.started_at);
      const notes = (ended.results.value_notes ?? []).filter(({ code }) => code === 'clock_offset');
      expect([on, notes.length]).toEqual([on, on === 'jumping' ? 0 : 1]);
      if (on === 'late') expect(notes[0]?.text).toMatch(/1 h 0 min slow|59 min \d+ s slow/);
      if (on === 'jumping') setClock('jumping', -3 * HOUR_MS);
    }
    near((await measure('jumping', 21)).finished_at);
    const { rows: all } = await client.query('series', {});
    const series = all.find(({ benchmark }) => benchmark === 'clock');
    // Re-runs of what is suspected come in between; the order is that of the stream in any case.
    await vi.waitFor(async () => {
      // Of an attempt that was taken for lost on a busy machine the first word counts, and has no value.
      const first = new Map(outcomes.toReversed().map((each) => [attemptId(each), each]));
      const expected = outcomes
        .filter((each) => each.status === 'completed' && first.get(attemptId(each)) === each)
        .map((each) => each.results.metrics?.latency_ms?.value);
      const { rows: points } = await client.query('points', { series_id: series?.series_id ?? '' });
      expect(points.map((row) => row.value)).toEqual(expected);
      for (const { measured_at } of points) near(measured_at);
      const { rows } = await client.query('series', { series_id: series?.series_id ?? '' });
      expect(rows[0]).toMatchObject({ last_value: expected.at(-1), points: expected.length });
      near(rows[0]?.last_at ?? null);
      const history = await client.query('history', {});
      expect(history.rows.filter(({ benchmark }) => benchmark === 'clock').map((row) => row.value)).toEqual(expected);
    }, WITHIN);
    expect(outcomes.slice(0, 8).map((each) => each.worker_id)).toEqual(Array(8).fill('right'));
  });

  it('hide no regression', async () => {
    await vi.waitFor(async () => {
      const { rows } = await client.query('findings', {});
      expect(rows.map(({ kind }) => kind)).toContain('regression');
      for (const { detected_at } of rows) near(detected_at);
    }, WITHIN);
  });

  it('lose no raw points', async () => {
    await vi.waitFor(async () => {
      for (const on of ['late', 'ancient', 'future']) {
        const run_id = outcomes.find((each) => each.worker_id === on)?.run_id ?? '';
        const { rows } = await client.query('samples', { run_id });
        expect([on, rows.map(({ values }) => values)]).toEqual([on, [[20]]]);
        near(new Date(rows[0]?.times_ms[0] ?? 0).toISOString());
      }
    }, WITHIN);
    expect((await client.query('rejected', {})).rows).toEqual([]);
  });

  it('are shown as such', async () => {
    const offsets = await vi.waitFor(async () => {
      const { rows } = await client.query('workers', {});
      const found = Object.fromEntries(rows.map((row) => [row.worker_id, row.capabilities?.clock?.offset_ms ?? 0]));
      // The one whose clock was set back has said so since.
      expect(Math.abs((found.jumping ?? 0) + 3 * HOUR_MS)).toBeLessThan(5000);
      for (const row of rows) near(row.changed_at);
      return found;
    }, WITHIN);
    expect(Math.abs((offsets.late ?? 0) + HOUR_MS)).toBeLessThan(5000);
    expect(Math.abs((offsets.future ?? 0) - 2 * YEAR_MS)).toBeLessThan(5000);
    expect(Math.abs(offsets.right ?? 0)).toBeLessThan(1000);
    const { stdout } = await bw(['workers'], { env: stack.env });
    expect(stdout).toContain('3650 days slow');
    expect(stdout).toContain('730 days fast');
    const { rows: events } = await client.query('events', { worker_id: 'jumping' });
    expect(events.map(({ message }) => message).join('\n')).toContain('slow: the times of its results are corrected');
  });
});
