import { RUNNER_PACKAGE } from '@benchwire/shared/runtime/runners-folder.ts';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../support/run-program.ts';
import { torchRunner, whyNoTorch } from '../support/torch-runner.ts';

const reason = whyNoTorch();
if (reason !== undefined) console.log(`the Python package of the runner is not tested with PyTorch here: ${reason}`);

describe.skipIf(reason !== undefined)('the Python package of the runner, with PyTorch', () => {
  it('passes its own tests, and skips none', { timeout: 600_000 }, async () => {
    const args = ['-m', 'pytest', '-q', '-rs', '-p', 'no:cacheprovider'];
    const { code, output } = await runProgram([torchRunner()?.python ?? '', ...args], {
      cwd: RUNNER_PACKAGE,
      env: { PYTHONDONTWRITEBYTECODE: '1', HF_HUB_OFFLINE: '1' },
    });
    expect(code, output).toBe(0);
    expect(output).not.toMatch(/\d+ skipped/);
  });
});
