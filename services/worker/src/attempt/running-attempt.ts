import type { ClockOffset } from '@benchwire/shared/contracts/clock.ts';
import { eventOf, type FittingEvent } from '@benchwire/shared/contracts/event.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import type { MetricColumns } from '@benchwire/shared/contracts/metrics.ts';
import type { BatchResult, HardwareMetrics } from '@benchwire/shared/contracts/outcome.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { isClockOff } from '@benchwire/shared/format/clock-words.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import type { AbortReason, ExecutorContext } from '../executors/executor.ts';
import type { AttemptServices } from './attempt-services.ts';
import type { CheckpointStore } from './checkpoints.ts';
import { type Sampling, sampleHardware, TOO_SHORT_TO_SAMPLE } from './hardware-sampler.ts';
import { LogTail } from './log-tail.ts';
import { MetricStream } from './metric-stream.ts';

/** Attempts that end sooner are not announced, nor is the hardware sampled: thousands of tiny tasks need neither. */
const ANNOUNCE_AFTER_MS = 100;

/** One attempt in execution: its context for the executor, its clock, and what it has said so far. */
export class RunningAttempt {
  readonly id: string;
  readonly job: Job;
  readonly device: Device;
  readonly context: ExecutorContext;
  readonly started_at: string;
  readonly clock_at_start: ClockOffset | undefined;
  readonly logs: LogTail = new LogTail();
  #abort: { reason: AbortReason; message: string } | undefined;
  readonly #startedMs: number;
  readonly #controller = new AbortController();
  readonly #services: AttemptServices;
  readonly #checkpoints: ReturnType<CheckpointStore['of']>;
  #metrics: MetricStream | undefined;
  #sampling: Sampling | undefined;
  #announceTimer: NodeJS.Timeout | undefined;
  #timeoutTimer: NodeJS.Timeout | undefined;

  constructor(id: string, job: Job, device: Device, services: AttemptServices) {
    this.id = id;
    this.job = job;
    this.device = device;
    this.#services = services;
    this.started_at = services.clock.timestamp();
    this.clock_at_start = services.clock.offset;
    this.#startedMs = performance.now();
    this.#checkpoints = services.checkpoints.of(job, device);
    this.context = {
      run_id: job.run_id,
      source: job.source,
      task: job.task,
      attempt: job.attempt,
      device,
      signal: this.#controller.signal,
      emit: (columns) => this.#emit(columns),
      log: (line) => this.logs.add(line),
      checkpoints: this.#checkpoints,
      findFresh: services.findFresh,
      measured: (batch_size, result) => this.#measured(batch_size, result),
    };
    // One timer for most attempts; that of the timeout is set once it is worth it.
    const timeout_ms = job.task.timeout_seconds * 1000;
    if (timeout_ms <= ANNOUNCE_AFTER_MS) this.#setTimeout(timeout_ms);
    else this.#announceTimer = setTimeout(() => this.#announce(timeout_ms - ANNOUNCE_AFTER_MS), ANNOUNCE_AFTER_MS);
  }

  get abortCause(): { reason: AbortReason; message: string } | undefined {
    return this.#abort;
  }

  /** Whether it ran long enough to be told of. */
  get isAnnounced(): boolean {
    return this.#sampling !== undefined;
  }

  /** Tells the executor to stop. The first reason counts. */
  abort(reason: AbortReason, message: string): void {
    if (this.#abort !== undefined) return;
    this.#abort = { reason, message };
    this.#controller.abort(reason);
  }

  /** Ends the clock. Called once, when the executor has settled. */
  finish(): {
    times: { finished_at: string; execution_time_seconds: number; hardware_metrics: HardwareMetrics };
    throttled: string | undefined;
  } {
    const execution_time_seconds = (performance.now() - this.#startedMs) / 1000;
    clearTimeout(this.#announceTimer);
    clearTimeout(this.#timeoutTimer);
    const sampled = this.#sampling?.stop();
    const hardware_metrics = sampled?.metrics ?? TOO_SHORT_TO_SAMPLE;
    return {
      times: { finished_at: this.#services.clock.timestamp(), execution_time_seconds, hardware_metrics },
      throttled: sampled?.throttled,
    };
  }

  /** Resolves once the server has all metric points; gives back a note when it refused some. */
  async flushMetrics(): Promise<string | undefined> {
    return this.#metrics?.flush();
  }

  /** Once the task is over, what it saved is nobody's business any more. */
  async forgetCheckpoint(): Promise<void> {
    await this.#checkpoints.forget();
  }

  #emit(columns: MetricColumns): Promise<void> {
    const { client, worker_id, telemetry } = this.#services;
    this.#metrics ??= new MetricStream({
      client,
      worker_id,
      run_id: this.job.run_id,
      task_id: this.job.task.task_id,
      attempt: this.job.attempt,
      onPublished: (points) => telemetry.metricPoints(points),
    });
    return this.#metrics.add(this.#inServerTime(columns));
  }

  /** Points come with the machine's time, from this process and from its children. */
  #inServerTime(columns: MetricColumns): MetricColumns {
    const { offset } = this.#services.clock;
    if (offset === undefined || !isClockOff(offset)) return columns;
    return { ...columns, times_ms: columns.times_ms.map((time) => time - offset.offset_ms) };
  }

  #setTimeout(ms: number): void {
    // Node turns longer waits than 2^31 ms into none; the contract's longest timeout is a third of that.
    this.#timeoutTimer = setTimeout(() => this.abort('timed_out', 'its time was over'), ms);
  }

  #announce(remaining_ms: number): void {
    this.#setTimeout(remaining_ms);
    const { load, energy, worker_id } = this.#services;
    this.#sampling = sampleHardware(this.device, load, energy);
    const { attempt, task } = this.job;
    const message = `attempt ${attempt} of ${task.task_id} runs on ${worker_id} (${this.device.name})`;
    this.#publish(
      eventOf('task.running', { ...this.#about(this.started_at), event_id: `${this.id}.running`, message }),
    );
  }

  #measured(batch_size: number, result: BatchResult): void {
    const { latency_ms, throughput_items_per_second, samples } = result;
    const message = `attempt ${this.job.attempt} of ${this.job.task.task_id} measured ${Number(latency_ms.toPrecision(4))} ms at batch ${batch_size}`;
    this.#publish(
      eventOf('task.measured', {
        ...this.#about(this.#services.clock.timestamp()),
        ...{ event_id: `${this.id}.measured.${batch_size}`, message },
        data: { batch_size, latency_ms, throughput_items_per_second, samples },
      }),
    );
  }

  #about(at: string) {
    const { run_id, attempt, task } = this.job;
    const { worker_id } = this.#services;
    return { run_id, task_id: task.task_id, attempt, worker_id, pool: this.device.pool, at_ms: Date.parse(at) };
  }

  /** The outcome says it, too, so nothing waits for it. */
  #publish(event: FittingEvent): void {
    const { client, log } = this.#services;
    publishEvent(client, event).catch((error: unknown) =>
      log.debug({ err: error }, 'could not report what an attempt does'),
    );
  }
}
