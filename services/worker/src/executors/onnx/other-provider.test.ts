import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { variantOf, workloadKey } from '@benchwire/shared/contracts/series.ts';
import { type OnnxConfig, onnxConfig } from '@benchwire/shared/contracts/task.ts';
import { valueNotesOf } from '@benchwire/shared/contracts/value-note.ts';
import { softwareVulkan } from '@benchwire/test/support/software-vulkan.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onnxContext } from '../../../test-support/onnx-context.ts';
import { createOnnxExecutor } from './onnx-executor.ts';

/** Its activations are clipped in a way that WebGPU's provider leaves to the CPU. */
const MODEL = 'pp-ocrv4-orientation';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'other-provider-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(config: Partial<OnnxConfig>) {
  const executor = createOnnxExecutor({
    model_folders: [],
    cache_folder: { path: join(folder, 'cache'), is_default: false },
    fetch,
    max_download_bytes: 1 << 20,
    hang_seconds: 120,
    max_memory_mb: null,
    env: { ...process.env, ...softwareVulkan() },
  });
  const quick = { model: MODEL, iterations: 1, warmup_iterations: 0, ...config };
  return executor.execute(onnxContext(quick, undefined, 'webgpu'));
}

describe.runIf(softwareVulkan() !== undefined)('a model that runs on WebGPU in part', () => {
  test('fails, and is told which operators ran elsewhere', { timeout: 180_000 }, async () => {
    const { error, results } = await run({});
    expect(error).toMatchObject({ class: 'device_error', code: 'PROVIDER_PARTLY_USED' });
    expect(error?.message).toMatch(/^\d+ of \d+ compute nodes \([\d.]+ %\).*CPUExecutionProvider: \w+ \(\d+\)/);
    expect(results.placement?.elsewhere).toBeGreaterThan(0);
    expect(results.placement?.elsewhere).toBeLessThan(results.placement?.nodes ?? 0);
    expect(results.batch_sizes).toBeUndefined();
  });

  test('is measured where the task allows the share, and the result says so', { timeout: 180_000 }, async () => {
    const { error, results } = await run({ max_other_provider_share: 0.5 });
    expect(error).toBeNull();
    expect(results.batch_sizes?.['1']?.samples).toBe(1);
    const note = valueNotesOf(results).find(({ code }) => code === 'other_provider');
    expect(note?.text).toContain(`${results.placement?.elsewhere} of ${results.placement?.nodes} compute nodes`);
  });
});

test('how much may run elsewhere is no setting of what is measured', () => {
  const of = (config: object) => ({
    executor: 'onnx' as const,
    benchmark: 'b',
    config: onnxConfig.parse({ model: 'm', ...config }),
  });
  expect(variantOf(of({ max_other_provider_share: 0.5 }))).toBe(variantOf(of({})));
  expect(workloadKey(of({ max_other_provider_share: 0.5 }))).toBe(workloadKey(of({})));
});
