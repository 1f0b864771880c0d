import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { RUNNER_PACKAGE } from '@benchwire/shared/runtime/runners-folder.ts';
import { type Python, pythonWith } from './python.ts';

export const PYTHON_CLIENT = join(repositoryRoot, 'clients/python');

/** What checks the Python package of the runner: pytest, ruff and mypy as locked, kept for the next run. */
export function runnerTools(): Python {
  return keptTools('runner-tools', join(RUNNER_PACKAGE, 'locks/dev.txt'));
}

/** What the Python client runs and is checked with, kept as well. */
export function clientTools(): Python {
  return keptTools('client-tools', join(PYTHON_CLIENT, 'requirements-dev.txt'));
}

function keptTools(name: string, requirements: string): Python {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(homedir(), '.cache/benchwire/test-tools', `${name}-${hash}`);
  const python = join(folder, 'venv/bin/python');
  const whole = join(folder, 'whole');
  if (existsSync(whole)) return { python };
  mkdirSync(folder, { recursive: true });
  const made = pythonWith(requirements, folder);
  if (made.reason === undefined) writeFileSync(whole, '');
  return made;
}
