import { RUNNER_PACKAGE } from '@benchwire/shared/runtime/runners-folder.ts';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../support/run-program.ts';
import { runnerTools } from '../support/runner-tools.ts';

/** runners/python: its own tests, style and types. What needs PyTorch is tested where that is installed (torch.test.ts). */
const { python = '', reason } = runnerTools();
if (reason !== undefined) console.log(`the Python package of the runner is not tested here: ${reason}`);

describe.skipIf(reason !== undefined)('the Python package of the runner', () => {
  it.each([
    ['pytest', ['-m', 'pytest', '-q', '-p', 'no:cacheprovider']],
    ['ruff check', ['-m', 'ruff', 'check', '--no-cache', '.']],
    ['ruff format', ['-m', 'ruff', 'format', '--no-cache', '--check', '.']],
    ['mypy', ['-m', 'mypy', '--cache-dir', '/dev/null']],
  ])('passes %s', async (_, args) => {
    const { code, output } = await runProgram([python, ...args], {
      cwd: RUNNER_PACKAGE,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    expect(code, output).toBe(0);
  });
});
