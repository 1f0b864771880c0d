import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Analytics } from '../contracts/analytics.ts';
import type { SideRow } from '../contracts/rows.ts';
import { normal } from '../stats/normal.ts';
import { createRandom } from '../stats/random.ts';
import { analyse } from './analyse.ts';
import { compare } from './compare.ts';

const [BEFORE, NOW] = [
  '2026-10-01T00:00:00.000Z..2026-11-01T00:00:00.000Z',
  '2026-11-01T00:00:00.000Z..2026-12-01T00:00:00.000Z',
];

const noisy = (level: number, seed: number): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: 10 }, () => level * (1 + 0.005 * normal(random)));
};

interface Given {
  side: string;
  model?: string;
  pool?: string;
  metric?: string;
  level: number;
}

function rowOf({ side, model = 'bert', pool = 'cpu-a', metric = 'latency_ms', level }: Given, at: number): SideRow {
  const values = noisy(level, at + 1);
  return {
    ...{
      side,
      series_id: `${model} ${pool} ${metric}`,
      benchmark: 'b',
      model,
      pool,
      precision: 'fp32',
      batch_size: 1,
      metric,
    },
    ...{
      unit: metric === 'latency_ms' ? 'ms' : 'items/s',
      value: values[0] ?? 0,
      ci_low: null,
      ci_high: null,
      samples: 10,
    },
    ...{
      measured_at: '2026-11-02T00:00:00.000Z',
      run_id: '019ab000-0000-7000-8000-00000000000a',
      task_id: 't',
      executor: 'onnx',
    },
    ...{
      scenario: '',
      variant: '',
      fingerprint: pool,
      is_simulated: false,
      series_kind: 'result',
      values,
      commits: [],
    },
    ...{ better: '', note_codes: [], notes: [] },
  } as unknown as SideRow;
}

function analysed(given: readonly Given[], device: string | null = null): Analytics {
  const compared = compare({
    ...{
      by: 'period',
      values: [BEFORE, NOW],
      labels: ['October', 'November'],
      rows: given.map(rowOf),
      history: new Map(),
    },
  });
  return analyse(compared, device);
}

const groupOf = ({ groups }: Analytics, of: string, name = ''): Analytics['groups'][number] | undefined =>
  groups.find((group) => group.of === of && group.name === name);

describe('a period against a baseline', () => {
  const given = [
    ...[
      { side: BEFORE, model: 'bert', level: 10 },
      { side: NOW, model: 'bert', level: 12 },
    ],
    ...[
      { side: BEFORE, model: 'gpt2', level: 20 },
      { side: NOW, model: 'gpt2', level: 20 },
    ],
    ...[
      { side: BEFORE, model: 'bert', pool: 'cuda-b', level: 2 },
      { side: NOW, model: 'bert', pool: 'cuda-b', level: 1 },
    ],
    ...[
      { side: BEFORE, model: 'left', level: 5 },
      { side: NOW, model: 'new', level: 5 },
    ],
  ];

  it('has verdicts of the comparison, the worst first, and means by hardware and model with their counts', () => {
    const found = analysed(given);
    expect(found.rows.map(({ model, pool, differences }) => [model, pool, differences[1]?.verdict])).toEqual([
      ['bert', 'cpu-a', 'worse'],
      ['bert', 'cuda-b', 'better'],
      ['left', 'cpu-a', 'unknown'],
      ['new', 'cpu-a', 'unknown'],
      ['gpt2', 'cpu-a', 'same'],
    ]);
    expect(groupOf(found, 'everything')).toMatchObject({
      rows: 3,
      worse: 1,
      better: 1,
      same: 1,
      only_baseline: 1,
      only_period: 1,
    });
    expect(groupOf(found, 'hardware', 'cpu-a')).toMatchObject({ rows: 2, worse: 1, better: 0 });
    expect(groupOf(found, 'hardware', 'cpu-a')?.mean_change_percent).toBeCloseTo(100 * (Math.sqrt(1.2) - 1), 0);
    expect(groupOf(found, 'model', 'bert')?.mean_change_percent).toBeCloseTo(100 * (Math.sqrt(1.2 * 0.5) - 1), 0);
  });

  it('names what only one side has', () => {
    const found = analysed(given);
    expect(groupOf(found, 'model', 'new')).toMatchObject({ rows: 0, only_period: 1, mean_change_percent: null });
    expect(groupOf(found, 'model', 'new')?.sentence).toBe(
      'latency_ms: nothing was measured on both sides. Measured 1 only in the period.',
    );
    expect(found.rows.filter(({ cells }) => cells.includes(null)).map(({ model }) => model)).toEqual(['left', 'new']);
  });

  it('is normalised to a device, and says what the device has not measured', () => {
    const found = analysed(given, 'cpu-a');
    const cuda = found.rows.find(({ pool }) => pool === 'cuda-b');
    expect(cuda?.relative[0]).toBeCloseTo(0.2, 1);
    expect(cuda?.relative[1]).toBeCloseTo(1 / 12, 2);
    // The change is that of the value itself, whatever the device did.
    expect(cuda?.differences[1]?.change_percent).toBeCloseTo(-50, 0);
    expect(groupOf(found, 'hardware', 'cpu-a')?.relative).toEqual({
      baseline: 1,
      period: 1,
      baseline_values: 3,
      period_values: 3,
    });
    const other = analysed(given, 'cuda-b');
    expect(other.notes).toContain("3 of 5 values can't be normalised: cuda-b has not measured the same.");
    expect(groupOf(other, 'model', 'gpt2')?.relative).toMatchObject({ baseline: null, baseline_values: 0 });
  });
});

it('a mean does not depend on the order, and twice as slow beside twice as fast is no change', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 8 }), (factors) => {
      const both = [...factors, ...factors.map((factor) => 1 / factor)];
      // The same noise on both sides, so that the ratio is exact.
      const rows = both.flatMap((factor, at) => {
        const row = { model: `m${at}`, level: 1 };
        const before = rowOf({ ...row, side: BEFORE }, at);
        return [before, { ...before, side: NOW, values: before.values.map((value) => value * factor) }];
      });
      const compared = compare({ by: 'period', values: [BEFORE, NOW], labels: ['a', 'b'], rows, history: new Map() });
      const mean = groupOf(analyse(compared, null), 'everything')?.mean_change_percent;
      expect(mean).toBeCloseTo(0, 6);
    }),
    { numRuns: 30 },
  );
});
