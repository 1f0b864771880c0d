import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { onnxConfig } from '@benchwire/shared/contracts/task.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { AbortReason, Executor, ExecutorContext, Executors } from '../executors/executor.ts';

const run = promisify(execFile);
const COMPUTE = fileURLToPath(new URL('./compute-child.ts', import.meta.url));
/** Small, in every installation, and it needs the whole way from the file to the device. */
const MODEL = 'silero-vad-v5';
const TIMEOUT_MS = 60_000;

export interface HealthReport {
  ok: boolean;
  /** What was checked, or what failed, for a person. */
  message: string;
}

/**
 * Whether this worker can be trusted with tasks again: every device runs a small real model, and the machine gives the
 * same answer twice. Nothing of it is published, so no history gets a point.
 */
export async function checkHealth(devices: readonly Device[], executors: Executors): Promise<HealthReport> {
  const done: string[] = [];
  try {
    const { stdout } = await run(process.execPath, [COMPUTE], { timeout: TIMEOUT_MS });
    if (stdout !== 'same') return { ok: false, message: `the machine computes wrongly: ${stdout}` };
    done.push('computed the same twice');
  } catch (error) {
    return { ok: false, message: `the check of the machine did not end well: ${messageOf(error)}` };
  }
  const { onnx } = executors;
  for (const device of devices) {
    if (onnx === undefined || !device.executors.includes('onnx')) continue;
    const problem = await runModel(onnx, device);
    if (problem !== undefined) return { ok: false, message: `${device.device_id} does not run ${MODEL}: ${problem}` };
    done.push(`${device.device_id} ran ${MODEL}`);
  }
  return { ok: true, message: done.join(', ') };
}

async function runModel(onnx: Executor<'onnx'>, device: Device): Promise<string | undefined> {
  const controller = new AbortController();
  const reason: AbortReason = 'timed_out';
  const timer = setTimeout(() => controller.abort(reason), TIMEOUT_MS);
  const context: ExecutorContext<'onnx'> = {
    run_id: newRunId(),
    source: null,
    attempt: 1,
    device,
    task: {
      task_id: 'health-check',
      benchmark: 'health-check',
      timeout_seconds: TIMEOUT_MS / 1000,
      executor: 'onnx',
      config: onnxConfig.parse({ model: MODEL, iterations: 10, warmup_iterations: 1, max_other_provider_share: 1 }),
    },
    signal: controller.signal,
    emit: () => Promise.resolve(),
    log: () => undefined,
    checkpoints: { load: () => Promise.resolve(undefined), save: () => Promise.resolve(undefined) },
    findFresh: () => Promise.resolve([]),
    measured: () => undefined,
  };
  try {
    const { error } = await onnx.execute(context);
    return error === null ? undefined : error.message;
  } catch (error) {
    return messageOf(error);
  } finally {
    clearTimeout(timer);
  }
}
