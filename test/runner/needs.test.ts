import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { expect, it } from 'vitest';
import { isOf, LINUX_AND_ROOT, NEEDS } from './needs.ts';

const suites = [...NEEDS.flatMap((need) => need.suites), ...LINUX_AND_ROOT];

it.each([...new Set(suites)])('%s is there', (suite) => {
  expect(existsSync(join(repositoryRoot, suite))).toBe(true);
});

it('every test that may be skipped says in the table what it needs', () => {
  const files = globSync('{shared,services,cli,dashboard,deploy,test}/**/*.test.{ts,js}', {
    cwd: repositoryRoot,
    exclude: (name) => name === 'node_modules',
  });
  expect(files.length).toBeGreaterThan(100);
  const skipping = files.filter((file) =>
    /\.(?:skipIf|runIf)\(|hasKafka/.test(readFileSync(join(repositoryRoot, file), 'utf8')),
  );
  expect(skipping.filter((file) => !isOf(suites, file) && !EXCUSED.has(file))).toEqual([]);
});

/** NATS is there, or `npm test` says so: see provideServers. This file has the words itself. */
const EXCUSED: ReadonlySet<string> = new Set(['test/integration/viewer.test.ts', 'test/runner/needs.test.ts']);
