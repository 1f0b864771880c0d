import type { MetricColumns } from '@benchwire/shared/contracts/metrics.ts';
import { type OnnxConfig, onnxConfig } from '@benchwire/shared/contracts/task.ts';
import type { CheckpointContent, ExecutorContext, SavedCheckpoint } from '../src/executors/executor.ts';

/** What a context of the onnx executor took in. */
export interface RecordingContext extends ExecutorContext<'onnx'> {
  readonly emitted: MetricColumns[];
  readonly lines: string[];
  /** What was saved, the last one last. */
  readonly saved: CheckpointContent[];
  readonly measured_sizes: number[];
}

/** A context for a config as a user would write it, on a CPU device, that records what it is given. */
export function onnxContext(
  config: Partial<OnnxConfig> & { model: string },
  signal: AbortSignal = new AbortController().signal,
  device_class: ExecutorContext['device']['class'] = 'cpu',
  checkpoint?: SavedCheckpoint,
): RecordingContext {
  const emitted: MetricColumns[] = [];
  const lines: string[] = [];
  const saved: CheckpointContent[] = [];
  const measured_sizes: number[] = [];
  return {
    run_id: '019ad000-0000-7000-8000-000000000000',
    source: null,
    attempt: 1,
    task: {
      task_id: 't',
      benchmark: 'b',
      timeout_seconds: 60,
      executor: 'onnx',
      config: onnxConfig.parse({ iterations: 20, warmup_iterations: 2, ...config }),
    },
    device: {
      device_id: 'd',
      class: device_class,
      name: 'test',
      fingerprint: 'f',
      pool: 'p',
      memory_gb: null,
      cuda_compute: null,
      slots: 1,
      executors: ['onnx'],
      commands: [],
      labels: {},
      environment: {},
    },
    signal,
    emit: async (batch) => {
      emitted.push(batch);
    },
    log: (line) => {
      lines.push(line);
    },
    checkpoints: {
      load: () => Promise.resolve(checkpoint),
      save: (content) => {
        saved.push(structuredClone(content));
        return Promise.resolve(undefined);
      },
    },
    findFresh: () => Promise.resolve([]),
    measured: (batch_size) => void measured_sizes.push(batch_size),
    emitted,
    lines,
    saved,
    measured_sizes,
  };
}
