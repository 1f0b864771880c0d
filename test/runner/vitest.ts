import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { z } from 'zod';
import { type Counts, countTests } from './count-tests.ts';
import { type Shown, step } from './step.ts';

export const bin = (name: string): string => join(repositoryRoot, 'node_modules/.bin', name);

/** Runs vitest; a report tells what it counted. */
export async function runVitest(title: string, options: readonly string[], shown: Shown = 'at once'): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'benchwire-test-'));
  const report = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await step(title, [bin('vitest'), 'run', ...reporters, ...options], shown);
    const text = existsSync(report) ? readFileSync(report, 'utf8') : undefined;
    return countTests(text, code, repositoryRoot);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The test files that vitest would run with these arguments, from the repository's root. */
export function testFiles(options: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'benchwire-test-'));
  const list = join(folder, 'list.json');
  try {
    execFileSync(bin('vitest'), ['list', '--filesOnly', `--json=${list}`, ...options], {
      cwd: repositoryRoot,
      stdio: 'pipe',
      timeout: 120_000,
    });
    const files = z.array(z.object({ file: z.string() })).parse(JSON.parse(readFileSync(list, 'utf8')));
    return [...new Set(files.map(({ file }) => relative(repositoryRoot, file)))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
