import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { RUNNER_PACKAGE } from '@benchwire/shared/runtime/runners-folder.ts';
import { type Python, pythonWith } from './python.ts';

/** What checks the Python package: pytest, ruff and mypy as locked, kept for the next run. */
export function runnerTools(): Python {
  const lock = join(RUNNER_PACKAGE, 'locks/dev.txt');
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex').slice(0, 12);
  const folder = join(homedir(), '.cache/benchwire/test-tools', `runner-tools-${hash}`);
  const python = join(folder, 'venv/bin/python');
  const whole = join(folder, 'whole');
  if (existsSync(whole)) return { python };
  mkdirSync(folder, { recursive: true });
  const made = pythonWith(lock, folder);
  if (made.reason === undefined) writeFileSync(whole, '');
  return made;
}
