import { type OpenvinoConfig, openvinoConfig } from '@benchwire/shared/contracts/task.ts';
import type { ExecutorContext } from '../src/executors/executor.ts';
import { onnxContext } from './onnx-context.ts';

/** A context of the openvino executor, on a CPU device. */
export function openvinoContext(config: Partial<OpenvinoConfig> & { model: string }): ExecutorContext<'openvino'> {
  const { task: _, ...context } = onnxContext({ model: '-' });
  return {
    ...context,
    task: {
      task_id: 't',
      benchmark: 'b',
      timeout_seconds: 60,
      executor: 'openvino',
      config: openvinoConfig.parse({ iterations: 20, warmup_iterations: 2, ...config }),
    },
  };
}
