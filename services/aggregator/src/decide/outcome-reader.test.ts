import { type Outcome, outcome, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { describe, expect, it } from 'vitest';
import { someOutcome } from '../../test-support/messages.ts';
import { OutcomeReader } from './outcome-reader.ts';

const ENVIRONMENT = { cpu: 'x', cores: 8, governor: null };
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const read = (reader: OutcomeReader, written: Outcome) => reader.read(bytesOf(written), outcomeSubject(written));

describe('an outcome', () => {
  it('is read the same whether or not its environment is known', () => {
    const reader = new OutcomeReader();
    const environments: Outcome['environment'][] = [
      ENVIRONMENT,
      ENVIRONMENT,
      { ...ENVIRONMENT, cores: 16 },
      { governor: null, cpu: 'x', cores: 8 },
      {},
      ENVIRONMENT,
    ];
    for (const environment of environments) {
      const written = someOutcome({ environment });
      const result = read(reader, written);
      expect(result).toEqual({
        ok: true,
        value: { outcome: written, environment_json: JSON.stringify(environment) },
      });
      expect(result.ok && parseJson(outcome, bytesOf(result.value.outcome))).toEqual({ ok: true, value: written });
    }
  });

  it('is refused for the same reasons, also with an environment that is known', () => {
    const reader = new OutcomeReader();
    const good = someOutcome({ environment: ENVIRONMENT });
    expect(read(reader, good).ok).toBe(true);
    const wrong: unknown[] = [
      { ...good, status: 'great' },
      { ...good, attempt: 0 },
      { ...good, environment: { ...ENVIRONMENT, governor: { deep: 1 } } },
      { ...good, environment: { ...ENVIRONMENT, cores: [8] } },
      { ...good, environment: [] },
      { ...good, environment: null },
      { ...good, environment: undefined },
      [good],
      null,
      'text',
    ];
    for (const value of wrong) {
      const issues = parseJson(outcome, bytesOf(value));
      expect(issues.ok).toBe(false);
      expect(reader.read(bytesOf(value), outcomeSubject(good))).toEqual(issues);
    }
  });

  it('with a number that no double holds is not taken for one whose environment has null there', () => {
    const reader = new OutcomeReader();
    const good = someOutcome({ environment: ENVIRONMENT });
    expect(read(reader, good).ok).toBe(true);
    const text = JSON.stringify(good).replace('"governor":null', '"governor":1e999');
    expect(reader.read(new TextEncoder().encode(text), outcomeSubject(good)).ok).toBe(false);
  });

  it('of another task than its subject says, or of an attempt that no row can hold, is refused', () => {
    const reader = new OutcomeReader();
    const good = someOutcome();
    expect(reader.read(bytesOf(good), 'bw.outcome.x.y')).toMatchObject({ issues: [{ code: 'subject_mismatch' }] });
    expect(read(reader, someOutcome({ attempt: 1024 }))).toMatchObject({ issues: [{ path: 'attempt' }] });
  });
});
