import { expect, it } from 'vitest';
import type { Measured } from './measured.ts';
import { unknownDirections, unknownDirectionWords } from './unknown-direction.ts';

const measured = (metric: string, unit: string, better: '' | 'neither' = '', is_simulated = false): Measured => ({
  ...{ task_id: 't', model: '', executor: 'command', precision: '', scenario: '', batch_size: null, pool: '' },
  ...{ steady: null, is_simulated },
  values: new Map([[metric, { metric, unit, value: 1, ci_low: null, ci_high: null, samples: 1, better, notes: [] }]]),
});

it('names what nobody can judge, and how to say it', () => {
  const unknown = unknownDirections([
    measured('zeit', ''),
    measured('ttft', 'ms'),
    measured('blob', 'points'),
    measured('weight', '', 'neither'),
    measured('noop_value', '', '', true),
  ]);
  expect(unknown.map(({ metric }) => metric)).toEqual(['zeit', 'blob']);
  const words = unknownDirectionWords(unknown, ['regression']);
  expect(words).toContain('cannot judge zeit, blob (points)');
  expect(words).toContain('--fail-on regression does not include it (--fail-on regression,change can)');
  expect(words).toContain('metrics: {zeit: {better: lower}}');
  expect(unknownDirectionWords(unknown, ['regression', 'change'])).not.toContain('cannot see it');
  expect(unknownDirectionWords([], ['regression'])).toBeUndefined();
});
