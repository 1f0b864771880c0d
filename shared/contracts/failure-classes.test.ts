import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { evidenceOf, recoveryOf, taskError } from './failure-classes.ts';
import { ERROR_CLASSES } from './outcome.ts';

const ROOT = join(import.meta.dirname, '../..');

it('every class has a recovery, and every error of an unknown code counts by its class', () => {
  for (const klass of ERROR_CLASSES) {
    expect(recoveryOf({ class: klass })).toBeTypeOf('string');
    expect(['worker', 'subject', 'nothing']).toContain(evidenceOf({ class: klass, code: 'OF_SOMEBODY_ELSE' }, 'onnx'));
  }
});

it.each([
  ['unknown', 'MODEL_DOWNLOAD_FAILED', 'onnx', 'nothing'],
  ['crash', 'EXIT_CODE', 'command', 'subject'],
  ['crash', 'KILLED_BY_SIGSEGV', 'command', 'subject'],
  ['crash', 'SIGSEGV', 'onnx', 'worker'],
  ['crash', 'EXIT_3221225477', 'onnx', 'worker'],
  ['timeout', 'TASK_TIMED_OUT', 'command', 'subject'],
  ['out_of_memory', 'ALLOCATION_FAILED', 'onnx', 'subject'],
  ['device_error', 'DEVICE_FAILED', 'onnx', 'worker'],
  ['unknown', 'EXECUTOR_FAILED', 'onnx', 'worker'],
  ['unknown', 'EXECUTOR_FAILED', 'noop', 'subject'],
  ['bad_input', 'EXIT_NOT_ALLOWED', 'noop', 'nothing'],
  ['crash', '__proto__', 'command', 'worker'],
] as const)('a failure of class %s, code %s, executor %s is evidence of: %s', (klass, code, executor, evidence) => {
  expect(evidenceOf({ class: klass, code }, executor)).toBe(evidence);
});

it('a message is cut to what an outcome takes', () => {
  expect(taskError('unknown', 'UNEXPECTED', 'x'.repeat(100_000)).message.length).toBeLessThan(16_384);
});

it('no service makes an error past the table: only through taskError, whose codes the compiler checks', () => {
  const made: string[] = [];
  for (const folder of ['services/worker/src', 'services/scheduler/src']) {
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!entry.endsWith('.ts') || entry.includes('.test.')) continue;
      const text = readFileSync(join(ROOT, folder, entry), 'utf8');
      const literal = new RegExp(`class: '(${ERROR_CLASSES.join('|')})'( as const)?,\\s*code:`);
      if (literal.test(text)) made.push(`${folder}/${entry}`);
    }
  }
  expect(made).toEqual([]);
});
