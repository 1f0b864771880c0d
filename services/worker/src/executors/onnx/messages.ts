import type { FedInput } from '@benchwire/shared/contracts/input-setting.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { OnnxConfig } from '@benchwire/shared/contracts/task.ts';
import type { ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import type { Quantized, QuantizeStart } from '../quantize/messages.ts';
import type { PlacedNodes } from './profile.ts';
import type { SessionSettings } from './session-settings.ts';

/** What the executor tells its child process, and what it hears; sent by fork's IPC with structured cloning. */
export type Scenario = OnnxConfig['scenario'];

/** The first message to the child. */
export interface StartMessage extends SessionSettings {
  type: 'start';
  /** `prove`: check the inputs and which provider runs, with profiling on. `measure`: measure, with nothing on. */
  mode: 'prove' | 'measure';
  /** Where `prove` may write its profile; empty for `measure`, which writes nothing. */
  temporary_folder: string;
  measure: MeasureSettings;
}

export interface MeasureSettings {
  scenario: Scenario;
  iterations: number;
  warmup_iterations: number;
  max_seconds: number;
  /** Needed by `server` only. */
  target_qps: number | null;
  /** Numbers of streams to measure besides one, ascending. */
  concurrency: readonly number[];
}

/** After each batch size the child waits for this, so that a slow reader holds up the child and not its memory. */
interface ContinueMessage {
  type: 'continue';
}

export type ToChild = StartMessage | ContinueMessage;

/** What any child of run-child.ts can be started with. */
export type AnyStart = StartMessage | QuantizeStart;

/** Sent between measured windows, never inside of one. */
export interface WindowMessage {
  type: 'window';
  batch_size: number;
  /** When each sample was complete, epoch milliseconds. */
  times_ms: Float64Array;
  latencies_ms: Float64Array;
}

/** One batch size is measured, all its windows were sent. */
export interface BatchMessage {
  type: 'batch';
  batch_size: number;
  first_run_ms: number;
  warmup_ms: number;
  /** Sum of the windows, without the pauses between them. */
  measured_seconds: number;
  /** Highest resident memory of the process so far, with one session; null where it cannot be seen. */
  peak_rss_mb: number | null;
  streams: StreamsMeasured[];
  /** The smallest step that the clock of the samples takes. */
  clock_step_ms: number;
  /** Calls that a sample is the mean of; one where it is left out. */
  calls_per_sample?: number | undefined;
}

export type FromChild =
  /** A sign of life, what the child is about to do, and with which batch size where it is with one. */
  | { type: 'progress'; phase: string; batch_size?: number }
  /** Of `prove`: which nodes ran on which provider. */
  | { type: 'proof'; placed: PlacedNodes; onnxruntime_version: string }
  /** Of `prove`: what will be fed, for each batch size, and what was guessed or left out. */
  | { type: 'plan'; inputs: Array<Record<string, FedInput>>; notes: ValueNote[] }
  | { type: 'loaded'; load_ms: number; session_ms: number }
  | WindowMessage
  | BatchMessage
  /** Of a child that quantizes. */
  | { type: 'quantized'; quantized: Quantized }
  | { type: 'failed'; error: TaskError }
  | { type: 'done' };

/** Several streams at once, each with a session of its own: what they did while all of them ran. */
export interface StreamsMeasured {
  streams: number;
  /** By stream. */
  latencies_ms: Float64Array[];
  /** From the start, which is one for all, until the first stream had done its part or the time was over. */
  measured_seconds: number;
}
