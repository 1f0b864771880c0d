import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey } from '@benchwire/shared/client/api-keys.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BwProcess, startProgram } from '../support/bw.ts';
import { joinWorker } from '../support/joined-worker.ts';
import { clientTools, PYTHON_CLIENT } from '../support/runner-tools.ts';
import { StackFixture } from '../support/stack-fixture.ts';
import { torchRunner, whyNoTorch } from '../support/torch-runner.ts';

/** The example of clients/python where a worker has PyTorch: the exported file is what is benchmarked. */
const { python = '', reason = whyNoTorch() } = clientTools();
if (reason !== undefined) console.log(`the example of the Python client does not export here: ${reason}`);

describe.skipIf(reason !== undefined)('the example of the Python client', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-python-client-'));
  let fixture: StackFixture;
  let worker: BwProcess;

  beforeAll(async () => {
    fixture = await StackFixture.start({
      dataDir: join(folder, 'data'),
      services: { worker: 0 },
      env: { LOG_LEVEL: 'warn' },
    });
    worker = await joinWorker(fixture.stack, folder, 'exporter', {
      WORKER_EXECUTORS: 'export,onnx,command',
      WORKER_COMMANDS: 'node',
      WORKER_RUNNERS_DIR: torchRunner()?.runners_folder ?? '',
    });
  });
  afterAll(async () => {
    worker?.child.kill('SIGTERM');
    await worker?.ended;
    await fixture?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('exports a model type, runs its tests, and benchmarks the file', async () => {
    const { key } = await createApiKey(fixture.nats, { name: 'python', role: 'submitter' });
    const env = {
      BENCHWIRE_URL: fixture.stack.service('gateway').http_url,
      BENCHWIRE_API_KEY: key,
      PYTHONPATH: join(PYTHON_CLIENT, 'src'),
      PYTHONDONTWRITEBYTECODE: '1',
    };
    const program = join(PYTHON_CLIENT, 'examples/export_test_benchmark.py');
    const { code, stdout, stderr } = await startProgram(
      python,
      [program, '--model', 'bert', '--test', 'node -e "process.exit(0)"'],
      { env },
    ).ended;
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('bert (exported): tests passed');
    for (const size of [1, 8, 32]) expect(stdout).toMatch(new RegExp(`cpu, batch size ${size}: [\\d.]+ ms`));
    expect(stdout).toContain('left out: cuda');
    expect(stdout).not.toContain('left out: export');
  });
});
