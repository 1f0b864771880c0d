import type { CompatibilityCell } from '@benchwire/shared/contracts/api/models.ts';
import { expect, it } from 'vitest';
import { compatibilityHeat } from './compatibility-heat.ts';

const cell = (changes: Partial<CompatibilityCell>): CompatibilityCell => ({
  ...{ model: 'bert', family: 'bert', hardware: 'cpu', executor: 'torch', precision: 'fp32', state: 'works' },
  ...{ reason: null, error_class: null, source: 'coverage', stage: null, completed: 0, failed: 0, devices: 0 },
  ...{ latency_ms: null, throughput_items_per_second: null, memory_mb: null, batch_size: null, series_id: null },
  ...{ run_id: null, task_id: null, last_at: null },
  ...changes,
});

it('counts what works of what was tried, by family and place', () => {
  const { cells, families, places, hidden } = compatibilityHeat(
    [
      cell({}),
      cell({ model: 'bert-generation', state: 'fails' }),
      cell({ model: 'bert-x', state: 'untested' }),
      cell({ executor: 'onnx', state: 'fails' }),
      cell({ model: 'gpt2', family: 'gpt2' }),
      cell({ model: './mine.onnx', family: '', executor: 'onnx', precision: '' }),
    ],
    2,
  );
  expect(families).toEqual(['bert', './mine.onnx']);
  expect(places).toEqual(['cpu, onnx', 'cpu, onnx, fp32', 'cpu, torch, fp32']);
  expect(cells).toContainEqual({ family: 'bert', place: 'cpu, torch, fp32', works: 1, tried: 2 });
  expect(cells).toContainEqual({ family: 'bert', place: 'cpu, onnx, fp32', works: 0, tried: 1 });
  expect(hidden).toBe(1);
});
