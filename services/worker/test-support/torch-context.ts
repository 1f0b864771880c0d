import type { MetricColumns } from '@benchwire/shared/contracts/metrics.ts';
import { type TorchConfig, torchConfig } from '@benchwire/shared/contracts/task.ts';
import type { ExecutorContext } from '../src/executors/executor.ts';
import { onnxContext } from './onnx-context.ts';

interface RecordingContext extends ExecutorContext<'torch'> {
  readonly emitted: MetricColumns[];
  readonly lines: string[];
}

/** A context of the torch executor, on a CPU device, that records what it is given. */
export function torchContext(
  config: Partial<TorchConfig> & { model: string },
  signal: AbortSignal = new AbortController().signal,
  onLine: (line: string) => void = () => undefined,
): RecordingContext {
  const { task: _, ...context } = onnxContext({ model: '-' }, signal);
  return {
    ...context,
    log: (line) => {
      context.lines.push(line);
      onLine(line);
    },
    task: {
      task_id: 't',
      benchmark: 'b',
      timeout_seconds: 60,
      executor: 'torch',
      config: torchConfig.parse({ iterations: 20, warmup_iterations: 2, ...config }),
    },
  };
}
