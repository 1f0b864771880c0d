import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SideRow } from '../contracts/rows.ts';
import { normal } from '../stats/normal.ts';
import { createRandom } from '../stats/random.ts';
import { compare } from './compare.ts';

const A = '019ab000-0000-7000-8000-00000000000a';
const B = '019ab000-0000-7000-8000-00000000000b';

function rowOf(change: Partial<SideRow> & { side: string }): SideRow {
  const { values = [10] } = change;
  return {
    ...{ series_id: 's1', benchmark: 'vision', model: 'resnet', pool: 'cpu-x', precision: 'fp32', batch_size: 1 },
    ...{ metric: 'latency_ms', unit: 'ms', value: values.at(-1) ?? 0, ci_low: null, ci_high: null, samples: 100 },
    ...{ measured_at: '2026-11-25T10:00:00.000Z', run_id: A, task_id: 't1', executor: 'onnx', scenario: '' },
    ...{ variant: '', fingerprint: 'f', is_simulated: false, series_kind: 'result' as const, values, commits: [] },
    ...change,
  } as SideRow;
}

const compareTwo = (rows: SideRow[], history: Array<[string, number[]]> = []) =>
  compare({ by: 'run', values: [A, B], labels: ['before', 'after'], rows, history: new Map(history) });

const noisy = (level: number, n: number, seed: number): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: n }, () => level * (1 + 0.01 * normal(random)));
};

describe('two sides', () => {
  it('that differ by more than their runs do are told apart, with which way is better', () => {
    const rows = [rowOf({ side: A, values: noisy(10, 8, 1) }), rowOf({ side: B, values: noisy(11, 8, 2) })];
    const [row] = compareTwo(rows).rows;
    expect(row?.differences[1]).toMatchObject({ verdict: 'worse', basis: 'repeated_runs' });
    expect(row?.differences[1]?.change_percent).toBeCloseTo(10, -0.5);
    expect(row?.differences[1]?.sentence).toMatch(/worse, and more than noise; from 8 runs against 8 runs/);
    const faster = compareTwo(
      rows.map((each) => ({ ...each, metric: 'throughput_items_per_second', unit: 'items/s' })),
    );
    expect(faster.rows[0]?.differences[1]?.verdict).toBe('better');
  });

  it('of one run each are held against what the series moves from run to run', () => {
    const history = noisy(10, 30, 3);
    const within = compareTwo(
      [rowOf({ side: A, values: [10] }), rowOf({ side: B, values: [10.1] })],
      [['s1', history]],
    );
    expect(within.rows[0]?.differences[1]).toMatchObject({ verdict: 'same', basis: 'history' });
    const beyond = compareTwo([rowOf({ side: A, values: [10] }), rowOf({ side: B, values: [11] })], [['s1', history]]);
    expect(beyond.rows[0]?.differences[1]).toMatchObject({ verdict: 'worse', basis: 'history' });
  });

  it('of one run each, without a history, are the same where their samples agree, and else not known: a run says nothing of the next', () => {
    const before = rowOf({ side: A, values: [10], ci_low: 9.9, ci_high: 10.1 });
    const agree = compareTwo([before, rowOf({ side: B, values: [10.05], ci_low: 9.95, ci_high: 10.15 })]);
    expect(agree.rows[0]?.differences[1]).toMatchObject({ verdict: 'same', basis: 'samples' });
    const differ = compareTwo([before, rowOf({ side: B, values: [11], ci_low: 10.9, ci_high: 11.1 })]);
    expect(differ.rows[0]?.differences[1]).toMatchObject({ verdict: 'unknown', basis: 'samples' });
    expect(differ.rows[0]?.differences[1]?.sentence).toContain('repeat them');
    expect(differ.sides[1]?.summary[0]?.sentence).toBe(
      'latency_ms: 1 value, +10.0 % on average. How much one run differs from the next is not known yet: repeat the runs.',
    );
  });

  it('are not judged where nothing tells the noise', () => {
    const { rows } = compareTwo([rowOf({ side: A, values: [10] }), rowOf({ side: B, values: [20] })]);
    expect(rows[0]?.differences[1]).toMatchObject({ verdict: 'unknown', basis: null, change_percent: 100 });
  });

  it('that do not measure the same are compared without what differs, and it is said', () => {
    const { rows, notes } = compareTwo([
      rowOf({ side: A, benchmark: 'monday' }),
      rowOf({ side: B, benchmark: 'tuesday' }),
    ]);
    expect(rows).toHaveLength(1);
    expect(notes.join(' ')).toContain('ignored to compare at all: benchmark');
  });

  it('of which one has nothing say so', () => {
    const { rows, notes } = compareTwo([rowOf({ side: A })]);
    expect(rows[0]?.differences[1]).toMatchObject({ verdict: 'unknown' });
    expect(notes).toContain('Nothing was measured for run after.');
  });
});

it('of series that do not change few are called different', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
      const rows = Array.from({ length: 40 }, (_, i) => [
        rowOf({ side: A, series_id: `s${i}`, model: `m${i}`, values: noisy(10, 1, seed + 100 * i) }),
        rowOf({ side: B, series_id: `s${i}`, model: `m${i}`, values: noisy(10, 1, seed + 100 * i + 1) }),
      ]).flat();
      const history = Array.from({ length: 40 }, (_, i): [string, number[]] => [
        `s${i}`,
        noisy(10, 30, seed + 100 * i + 2),
      ]);
      const { rows: compared } = compareTwo(rows, history);
      expect(compared.filter(({ differences }) => differences[1]?.verdict !== 'same').length).toBeLessThanOrEqual(2);
    }),
    { numRuns: 20, seed: 7 },
  );
});

it('sides in another order mirror the verdicts', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0.8, max: 1.25, noNaN: true }), (seed, factor) => {
      const rows = [
        rowOf({ side: A, values: noisy(10, 8, seed) }),
        rowOf({ side: B, values: noisy(10 * factor, 8, seed + 1) }),
      ];
      const mirror = { better: 'worse', worse: 'better', same: 'same', different: 'different', unknown: 'unknown' };
      const verdictOf = (values: [string, string]) =>
        compare({ by: 'run', values, labels: values, rows, history: new Map() }).rows[0]?.differences[1]?.verdict ??
        'unknown';
      expect(verdictOf([B, A])).toBe(mirror[verdictOf([A, B])]);
    }),
  );
});
