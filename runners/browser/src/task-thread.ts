/** The thread that one task runs in: it ends with the task, so that no task finds the heap of another. Started by main.ts. */
import type { RunnerTask } from '@benchwire/shared/contracts/runner.ts';
import type { Tensor } from 'onnxruntime-web';
import { clockStepMs } from './clock.ts';
import { failureOf, type Phase } from './failures.ts';
import { chooseCalls, type Inference, measureWindows, warmUp } from './measure.ts';
import type { FromTask, TaskFiles, ToTask } from './messages.ts';
import { listened, listenToConsole, placedNodes } from './proof.ts';
import { download, type Ort, sessionOptions, startRuntime, tensorOf, timed, warmRuntime } from './session.ts';

const say = (message: FromTask): void => postMessage(message);

listenToConsole();

let phase: Phase = 'start';
let batch_size: number | null = null;

/** Resolved once the page has sent the last window: until then nothing is measured. */
let handedOn: () => void = () => undefined;

self.addEventListener('message', ({ data }: MessageEvent<ToTask>) => {
  if (data === 'continue') return handedOn();
  void run(data.task, data.files).then(
    () => say({ type: 'done' }),
    (error: unknown) => say({ type: 'failed', error: failureOf(error, phase, data.task, batch_size), batch_size }),
  );
});

async function run(task: RunnerTask, files: TaskFiles): Promise<void> {
  const hardware = task.device as 'wasm';
  say({ type: 'progress', phase: 'loading ONNX Runtime', batch_size: null });
  const { ort, timings } = await startRuntime(hardware, files.threads);
  await timed(timings, 'runtime_start_ms', () => warmRuntime(ort));
  phase = 'download';
  say({ type: 'progress', phase: 'downloading the model', batch_size: null });
  const [model, ...weights] = await timed(timings, 'download_ms', () =>
    Promise.all([files.model, ...files.external].map(({ url }) => download(url))),
  );
  phase = 'session';
  say({ type: 'progress', phase: 'proving the execution provider', batch_size: null });
  const bytes = new Uint8Array(model ?? new ArrayBuffer(0));
  const options = sessionOptions(hardware, files, weights);
  const { result: proven, lines } = await listened(() =>
    ort.InferenceSession.create(bytes, { ...options, logSeverityLevel: 0, logVerbosityLevel: 0 }),
  );
  await proven.release();
  say({ type: 'progress', phase: 'creating the session', batch_size: null });
  const session = await timed(timings, 'session_ms', () => ort.InferenceSession.create(bytes, options));
  const facts = {
    onnxruntime_version: `${ort.env.versions.web ?? ort.env.versions.common} (web)`,
    threads: ort.env.wasm.numThreads ?? null,
  };
  say({ type: 'loaded', facts, timings, notes: [], metrics: [], placed: placedNodes(lines) });
  for (const size of task.batch_sizes === 'auto' ? [1] : task.batch_sizes) {
    phase = 'run';
    batch_size = size;
    say({ type: 'progress', phase: `first run with batch size ${size}`, batch_size });
    const tensors = await feedsOf(ort, files, size);
    await measureBatch(() => session.run(tensors), size, task);
  }
}

async function feedsOf(ort: Ort, { feeds }: TaskFiles, size: number): Promise<Record<string, Tensor>> {
  const wanted = feeds[String(size)] ?? [];
  const elements = await Promise.all(wanted.map(({ url }) => download(url)));
  return Object.fromEntries(wanted.map((feed, i) => tensorOf(ort, feed, elements[i] ?? new ArrayBuffer(0))));
}

async function measureBatch(infer: Inference, size: number, { measure, seed }: RunnerTask): Promise<void> {
  const timings: Record<string, number> = {};
  await timed(timings, 'first_run_ms', infer);
  const alive = (): void => say({ type: 'progress', phase: 'warming up', batch_size: size });
  const { warmup_ms } = await warmUp(infer, measure, alive);
  const clock_step_ms = clockStepMs();
  const calls = measure.scenario === 'server' ? 1 : await chooseCalls(infer, clock_step_ms);
  const { measured_seconds } = await measureWindows(infer, calls, measure, seed + 1, (window) => {
    const sent = new Promise<void>((resolve) => {
      handedOn = resolve;
    });
    say({ type: 'window', batch_size: size, ...window });
    return sent;
  });
  say({
    type: 'batch',
    batch_size: size,
    first_run_ms: timings.first_run_ms ?? 0,
    compile_ms: null,
    ...{ warmup_ms, measured_seconds, clock_step_ms, calls_per_sample: calls },
    ...{ peak_rss_mb: null, device_memory_mb: null, metrics: [], streams: [] },
  });
}
