import { describe, expect, it } from 'vitest';
import { MAX_COVERED_MODELS } from '../contracts/model-coverage.ts';
import { coverageParts, coveredOf, fallenBack, readCoverage } from './coverage-results.ts';
import { coverageOf, modelTypes } from './model-types.ts';

const line = (changes: Record<string, unknown> = {}): string =>
  JSON.stringify({ type: 'bert', stage: 'forward', reason: '', versions: { torch: '2.15.0' }, ...changes });

describe('results of a coverage run', () => {
  it.each([
    ['forward without export', { stage: 'forward' }, [['torch', 'forward', null]]],
    ['stopped before forward', { stage: 'model', reason: 'no inputs' }, [['torch', 'model', 'no inputs']]],
    [
      'everything',
      { stage: 'equal', export: true },
      [
        ['torch', 'forward', null],
        ['onnx', 'equal', null],
      ],
    ],
    [
      'an export that failed',
      { stage: 'forward', export: true, reason: 'a guard' },
      [
        ['torch', 'forward', null],
        ['onnx', 'forward', 'a guard'],
      ],
    ],
  ])('are kept by executor: %s', (_, changes, expected) => {
    const [read] = readCoverage(line(changes));
    if (read === undefined) throw new Error('nothing was read');
    expect(coveredOf(read).map(({ executor, stage, reason }) => [executor, stage, reason])).toEqual(expected);
  });

  it('take the last line of a type, and an infinite difference as none', () => {
    const text = `${line({ stage: 'config' })}\n\n${line({ export: true }).replace('}', ', "difference": Infinity}')}\n`;
    const broken = text.replace('"versions":{"torch":"2.15.0", "difference": Infinity}', '"difference": Infinity');
    expect(readCoverage(broken)).toMatchObject([{ type: 'bert', stage: 'forward', difference: null }]);
  });

  it.each([
    ['{"type": "be', 'line 2 is not JSON'],
    [line({ stage: 'somewhere' }), 'line 2: stage'],
    [line({ type: '' }), 'line 2: type'],
  ])('name the line that is wrong: %s', (wrong, message) => {
    expect(() => readCoverage(`${line()}\n${wrong}`)).toThrow(message);
  });

  it('come in parts that fit into a message, with the packages', () => {
    const types = [...modelTypes().keys()].map((type) => line({ type, export: true, reason: 'x'.repeat(2000) }));
    const parts = coverageParts(readCoverage(types.join('\n')), '2026-01-01T00:00:00.000Z', MAX_COVERED_MODELS);
    expect(parts.flatMap(({ models }) => models)).toHaveLength(2 * types.length);
    for (const part of parts) {
      expect(part.versions).toEqual({ torch: '2.15.0' });
      expect(JSON.stringify(part).length).toBeLessThan(500_000);
    }
  });
});

describe('a type that falls back', () => {
  const recorded = (stage: 'equal' | 'forward' | 'untested') => () => ({ stage });
  const read = (changes: Record<string, unknown>) => readCoverage(line(changes));

  it('is named with what it was, unless the run did not try that far', () => {
    const fallen = { type: 'bert', from: 'equal', to: 'export', reason: 'no kernel' };
    expect(fallenBack(read({ stage: 'export', export: true, reason: 'no kernel' }), recorded('equal'))).toEqual([
      fallen,
    ]);
    expect(fallenBack(read({ stage: 'forward' }), recorded('equal'))).toEqual([]);
    expect(fallenBack(read({ stage: 'model', reason: 'r' }), recorded('equal'))).toHaveLength(1);
    expect(fallenBack(read({ stage: 'config', reason: 'r' }), recorded('untested'))).toEqual([]);
    expect(fallenBack(read({ stage: 'equal', export: true }), recorded('forward'))).toEqual([]);
  });

  it('is none where the run found what is recorded', () => {
    const lines = [...modelTypes().keys()].flatMap((type) => {
      const { stage, exported = false, reason = '' } = coverageOf(type);
      return stage === 'untested' ? [] : readCoverage(line({ type, stage, export: exported, reason }));
    });
    expect(lines.length).toBeGreaterThan(200);
    expect(fallenBack(lines, coverageOf)).toEqual([]);
  });
});
