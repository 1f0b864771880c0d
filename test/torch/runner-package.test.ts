import { RUNNER_PACKAGE } from '@benchwire/shared/runtime/runners-folder.ts';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../support/run-program.ts';
import { torchRunner, whyNoTorch } from '../support/torch-runner.ts';

const reason = whyNoTorch();
if (reason !== undefined) console.log(`the Python package of the runner is not tested with PyTorch here: ${reason}`);

describe.skipIf(reason !== undefined)('the Python package of the runner, with its libraries', () => {
  const OF_OPENVINO = 'tests/test_openvino_backend.py';
  it.each([
    ['torch', ['--ignore', OF_OPENVINO]],
    ['openvino', [OF_OPENVINO]],
  ] as const)(
    'passes its own tests in the environment %s, and skips none',
    { timeout: 600_000 },
    async (name, files) => {
      const args = ['-m', 'pytest', '-q', '-rs', '-p', 'no:cacheprovider', ...files];
      const { code, output } = await runProgram([torchRunner()?.python[name] ?? '', ...args], {
        cwd: RUNNER_PACKAGE,
        env: { PYTHONDONTWRITEBYTECODE: '1', HF_HUB_OFFLINE: '1' },
      });
      expect(code, output).toBe(0);
      expect(output).not.toMatch(/\d+ skipped/);
    },
  );
});
