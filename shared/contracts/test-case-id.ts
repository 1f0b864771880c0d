import { createHash } from 'node:crypto';
import type { TestCase } from './test-results.ts';

/**
 * 16 hex digits, the same for a test of a benchmark in every run: its class and name, and its file only where it has no class, since
 * many tools write absolute paths of folders that change.
 */
export function testCaseId(
  benchmark: string,
  { class: of_class, file, name }: Pick<TestCase, 'class' | 'file' | 'name'>,
): string {
  const parts = [benchmark, of_class || file, name];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
