import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiKey } from '@benchwire/shared/client/api-keys.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonClient } from '../python-client/generate.ts';
import { startProgram } from '../support/bw.ts';
import { runProgram } from '../support/run-program.ts';
import { clientTools, PYTHON_CLIENT } from '../support/runner-tools.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** clients/python: generated from the API as it is, its own tests, style and types, and its example against a real stack. */
it.each(Object.entries(pythonClient()))('%s is what the API is now (npm run schemas)', (name, text) => {
  expect(readFileSync(join(PYTHON_CLIENT, 'src/benchwire', name), 'utf8')).toBe(text);
});

const { python = '', reason } = clientTools();
if (reason !== undefined) console.log(`the Python client is not tested here: ${reason}`);

describe.skipIf(reason !== undefined)('the Python client', () => {
  it.each([
    ['pytest', ['-m', 'pytest', '-q', '-p', 'no:cacheprovider']],
    ['ruff check', ['-m', 'ruff', 'check', '--no-cache', '.']],
    ['ruff format', ['-m', 'ruff', 'format', '--no-cache', '--check', '.']],
    ['mypy', ['-m', 'mypy', '--cache-dir', '/dev/null']],
  ])('passes %s', async (_, args) => {
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
    const { code, output } = await runProgram([python, ...args], { cwd: PYTHON_CLIENT, env });
    expect(code, output).toBe(0);
  });

  describe('with a stack', () => {
    let fixture: StackFixture;
    let env: Record<string, string>;

    beforeAll(async () => {
      fixture = await StackFixture.start({
        env: { WORKER_COMMANDS: 'node', LOG_LEVEL: 'warn', WORKER_EXECUTORS: 'onnx,command' },
      });
      const { key } = await createApiKey(fixture.nats, { name: 'python', role: 'submitter' });
      env = {
        BENCHWIRE_URL: fixture.stack.service('gateway').http_url,
        BENCHWIRE_API_KEY: key,
        PYTHONPATH: join(PYTHON_CLIENT, 'src'),
        PYTHONDONTWRITEBYTECODE: '1',
      };
    });
    afterAll(async () => {
      await fixture?.stop();
    });

    const example = (test: string, ...more: string[]) =>
      startProgram(python, [join(PYTHON_CLIENT, 'examples/export_test_benchmark.py'), '--test', test, ...more], { env })
        .ended;

    it('runs the tests, benchmarks at each batch size, and says what was left out', async () => {
      const { code, stdout, stderr } = await example('node -e "process.exit(0)"');
      expect(code, stderr).toBe(0);
      expect(stdout).toContain('silero-vad-v5: tests passed');
      for (const size of [1, 8, 32])
        expect(stdout).toMatch(new RegExp(`^ {2}cpu, batch size ${size}: [\\d.]+ ms, [\\d.]+ items/s$`, 'm'));
      expect(stdout).toContain('left out: cuda: no device of this class takes tasks');
      expect(stdout).toContain('left out: export: no worker has PyTorch');
    });

    it('benchmarks nothing where the tests fail', async () => {
      const { code, stdout, stderr } = await example('node -e "process.exit(1)"');
      expect(code).toBe(1);
      expect(stdout).toBe('Not benchmarked: the tests did not pass.\n');
      expect(stderr).toMatch(/the tests did not pass: .*1/);
      const { rows } = await fixture.client.query('runs', { limit: 100 });
      expect(rows.filter(({ name }) => name.startsWith('benchmark'))).toHaveLength(1);
    });

    it('can be awaited, and names what the gateway refuses', async () => {
      const script = `
import asyncio
from benchwire import ApiError, AsyncClient

async def main() -> None:
    async with AsyncClient() as client:
        ran = await asyncio.gather(*(client.start({"tasks": [{"task_id": "vad", "config": {"model": "silero-vad-v5", "iterations": 3}}]}) for _ in range(2)))
        for run_id in ran:
            await client.wait(run_id, timeout_seconds=250, must_complete=True)
            results = [each async for each in client.pages(client.get_run_results, run_id, limit=1)]
            assert "latency_ms" in {each["metric"] for each in results}, results
        report = await client.get_run_report(ran[0])
        assert report.startswith(b"<!"), report[:20]
        try:
            await client.start({"tasks": [{"task_id": "a", "executor": "nop"}]})
        except ApiError as error:
            print(error.status, error.issues[0]["path"])
        try:
            await client.get_keys()
        except ApiError as error:
            print(error.status, error.code)

asyncio.run(main())`;
      const { code, stdout, stderr } = await startProgram(python, ['-c', script], { env }).ended;
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(/^422 tasks\[0\]\.executor\n403 ROLE_TOO_LOW\n$/);
    });
  });
});
