import type { MatrixCell } from '@benchwire/shared/contracts/api/measurements.ts';
import { expect, it } from 'vitest';
import { bestHardware, familyOf, isBetter, type MatrixChoice, matrixOf } from './matrix.ts';

const ALL: MatrixChoice = { class: '', family: '', precision: '', batch: 'best', search: '', against: '' };
let number = 0;
const cell = (model: string, fingerprint: string, batch_size: number | null, value: number, changes = {}): MatrixCell =>
  ({
    ...{
      series_id: `s${number++}`,
      benchmark: 'b',
      model,
      fingerprint,
      batch_size,
      value,
      unit: 'ms',
      metric: 'latency_ms',
    },
    ...{
      precision: 'fp32',
      executor: 'onnx',
      class: fingerprint.split('-')[0],
      measured_at: '2026-01-01T00:00:00.000Z',
    },
    ...{ better: '', ...changes },
  }) as MatrixCell;

const CELLS = [
  cell('bert-base', 'cpu-a', 1, 10),
  cell('bert-base', 'cpu-a', 8, 60),
  cell('bert-base', 'cuda-b', 1, 2),
  cell('bert-base', 'cuda-b', 1, 3, { measured_at: '2026-01-02T00:00:00.000Z' }),
  cell('bert-base', 'cpu-a', 1, 4, { precision: 'int8' }),
  cell('gpt2', 'cpu-a', 1, 20),
];

it('has a line a model and precision, and in each place the newest value at the best batch size', () => {
  const { lines, hardware, unit, direction } = matrixOf(CELLS, ALL);
  expect([hardware, unit, direction]).toEqual([['cpu-a', 'cuda-b'], 'ms', 'lower_is_better']);
  expect(lines.map(({ key }) => key)).toEqual(['bert-base|onnx|fp32', 'bert-base|onnx|int8', 'gpt2|onnx|fp32']);
  expect(lines[0]?.shown.get('cpu-a')?.cell.value).toBe(10);
  expect(lines[0]?.shown.get('cuda-b')).toMatchObject({ cell: { value: 3 }, others: 1, change_percent: null });
  expect(matrixOf(CELLS, { ...ALL, batch: '8' }).lines.map(({ shown }) => shown.get('cpu-a')?.cell.value)).toEqual([
    60,
  ]);
});

it('filters by class, family, precision and text', () => {
  const keys = (choice: Partial<MatrixChoice>): string[] =>
    matrixOf(CELLS, { ...ALL, ...choice }).lines.map(({ key }) => key);
  expect(keys({ class: 'cuda' })).toEqual(['bert-base|onnx|fp32']);
  expect(keys({ family: 'gpt' })).toEqual(['gpt2|onnx|fp32']);
  expect(keys({ precision: 'int8' })).toEqual(['bert-base|onnx|int8']);
  expect(keys({ search: 'GPT' })).toEqual(['gpt2|onnx|fp32']);
  expect(keys({ batch: 'none' })).toEqual([]);
});

it('compares with a device or a model, each place with its own baseline', () => {
  const by_device = matrixOf(CELLS, { ...ALL, against: 'hardware:cpu-a' }).lines[0]?.shown;
  expect(by_device?.get('cpu-a')).toMatchObject({ change_percent: 0, is_baseline: true });
  expect(by_device?.get('cuda-b')?.change_percent).toBe(-70);
  const by_model = matrixOf(CELLS, { ...ALL, against: 'model:bert-base|onnx|fp32' }).lines;
  expect(by_model[2]?.shown.get('cpu-a')?.change_percent).toBe(100);
  expect(matrixOf(CELLS, { ...ALL, against: 'hardware:gone' }).lines[0]?.shown.get('cpu-a')?.change_percent).toBeNull();
  expect([isBetter(-70, 'lower_is_better'), isBetter(5, 'lower_is_better'), isBetter(5, 'unknown')]).toEqual([
    true,
    false,
    null,
  ]);
});

it('a family is the name up to its version or variant', () => {
  const names = [
    'bert-base-uncased',
    'silero-vad-v5',
    'pp-ocrv4-detection',
    'gpt2',
    '/m/resnet50/model.onnx',
    '123',
    'google-bert/bert-large',
  ];
  expect(names.map(familyOf)).toEqual(['bert', 'silero', 'pp-ocr', 'gpt', 'resnet', '123', 'bert']);
});

it('the best of a line is marked where there is more than one hardware and a better direction', () => {
  const shown = new Map([
    ['a', { cell: { value: 3 } }],
    ['b', { cell: { value: 2 } }],
  ]) as never;
  expect(bestHardware(shown, 'lower_is_better')).toBe('b');
  expect(bestHardware(shown, 'higher_is_better')).toBe('a');
  expect(bestHardware(shown, 'unknown')).toBeUndefined();
  expect(bestHardware(new Map([['a', { cell: { value: 3 } }]]) as never, 'lower_is_better')).toBeUndefined();
});
