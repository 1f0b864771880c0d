import type { MatrixCell } from '@benchwire/shared/contracts/api/measurements.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { efficienciesOf } from './efficiency.ts';
import { familyHeatOf } from './family-heat.ts';
import { framesOf } from './frames.ts';
import { matrixOf } from './matrix.ts';
import { project, turned } from './three-d.ts';

const cell = (changes: Partial<MatrixCell>): MatrixCell =>
  ({
    ...{
      series_id: 's',
      benchmark: 'b',
      model: 'bert-base',
      precision: 'fp32',
      batch_size: 1,
      metric: 'latency_ms',
      pool: 'p',
    },
    ...{
      unit: 'ms',
      value: 1,
      ci_low: null,
      ci_high: null,
      samples: 1,
      measured_at: '2026-11-01T00:00:00.000Z',
      run_id: 'r',
    },
    ...{
      better: '',
      note_codes: [],
      notes: [],
      executor: 'onnx',
      scenario: '',
      variant: '',
      fingerprint: 'a',
      task_id: 't',
      class: 'cpu',
    },
    ...changes,
  }) as MatrixCell;
const ALL = { class: '', family: '', precision: '', batch: 'best', search: '', against: '' };

it('hardware by family is how far each model is from its best hardware, whatever its size', () => {
  const matrix = matrixOf(
    [
      ...[cell({ value: 10 }), cell({ fingerprint: 'b', value: 1 })],
      ...[cell({ model: 'bert-large', value: 4000 }), cell({ model: 'bert-large', fingerprint: 'b', value: 100 })],
      cell({ model: 'gpt2', value: 5 }),
    ],
    ALL,
  );
  const heat = familyHeatOf(matrix);
  expect(heat?.cells).toContainEqual({ family: 'bert', hardware: 'a', times_best: expect.closeTo(20, 6), models: 2 });
  expect(heat?.cells).toContainEqual({ family: 'bert', hardware: 'b', times_best: 1, models: 2 });
  expect(heat?.cells).toContainEqual({ family: 'gpt', hardware: 'a', times_best: 1, models: 1 });
  expect(familyHeatOf(matrixOf([cell({ metric: 'thing', unit: '' })], ALL))).toBeNull();
});

it('efficiency is of the same task of the same run, and names the hardware without power', () => {
  const found = efficienciesOf(
    [
      ...[cell({ value: 100 }), cell({ value: 300, batch_size: 4 }), cell({ value: 50, run_id: 'other' })],
      cell({ value: 9, fingerprint: 'b', task_id: 'u' }),
    ],
    [cell({ metric: 'power_consumption_watts', batch_size: null, value: 50 })],
  );
  expect(found.rows.map(({ items_per_joule }) => items_per_joule)).toEqual([6, 2]);
  expect(found.without_power).toEqual(['b']);
});

it('each frame has what runs up to it measured', () => {
  const frames = framesOf([
    { series_id: 'x', run_ids: ['1', '3'], measured_at: ['2026-01-01', '2026-01-03'], values: [10, 30] },
    { series_id: 'y', run_ids: ['2', '3'], measured_at: ['2026-01-02', '2026-01-03'], values: [5, 6] },
  ]);
  expect(frames.map(({ run_id, values, measured }) => [run_id, Object.fromEntries(values), [...measured]])).toEqual([
    ['1', { x: 10 }, ['x']],
    ['2', { x: 10, y: 5 }, ['y']],
    ['3', { x: 30, y: 6 }, ['x', 'y']],
  ]);
  expect(framesOf([])).toEqual([]);
});

describe('a rotation', () => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true });
  const rotation = fc.record({ yaw: fc.integer({ min: 0, max: 359 }), pitch: fc.integer({ min: 0, max: 90 }) });

  it('keeps distances from the middle', () => {
    fc.assert(
      fc.property(unit, unit, unit, rotation, (x, y, z, by) => {
        const { x: right, y: down, depth } = project({ x, y, z }, by);
        expect(Math.hypot(right, down, depth)).toBeCloseTo(Math.hypot(x - 0.5, y - 0.5, z - 0.5), 9);
      }),
    );
  });

  it('goes around, and neither below the ground nor over the top', () => {
    expect(turned({ yaw: 350, pitch: 80 }, { yaw: 20, pitch: 20 })).toEqual({ yaw: 10, pitch: 90 });
    expect(turned({ yaw: 5, pitch: 5 }, { yaw: -10, pitch: -20 })).toEqual({ yaw: 355, pitch: 0 });
  });
});
