import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { type AttemptKey, attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import {
  type Outcome,
  type OutcomeStatus,
  outcomeIsFinal,
  outcomeMessageId,
  outcomeSubject,
  type TaskError,
} from '@benchwire/shared/contracts/outcome.ts';
import { measuredOtherFiles } from '@benchwire/shared/contracts/provenance.ts';
import { MAX_VALUE_NOTES, noteOn, type ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import type { FleetClock } from '../clock.ts';
import { decideStatus } from '../decide/attempt-status.ts';
import { buildOutcome, emptyReport } from '../decide/build-outcome.ts';
import { clockNote } from '../decide/clock-note.ts';
import { fitOutcome } from '../decide/fit-outcome.ts';
import { type AbortReason, type ExecutorReport, executorOf } from '../executors/executor.ts';
import type { AttemptServices } from './attempt-services.ts';
import { EndedLogs } from './ended-logs.ts';
import type { LogTail } from './log-tail.ts';
import { executePaired } from './pairs/paired-attempt.ts';
import { RunningAttempt } from './running-attempt.ts';
import { SharedTurn } from './shared-turn.ts';

/**
 * An outcome waits for the next ones, a millisecond for each so many attempts that are under way: with many at once a worker is
 * after throughput, and a slot waits for several times as long anyway.
 */
const ATTEMPTS_PER_LINGER_MS = 32;
const MAX_LINGER_MS = 4;

/** Runs attempts, any number at once, and sees to it that each ends in one stored outcome. */
export class AttemptRunner {
  readonly #services: AttemptServices;
  readonly #running = new Map<string, RunningAttempt>();
  readonly #endedLogs = new EndedLogs();
  readonly #turn = new SharedTurn();
  #whenIdle: PromiseWithResolvers<void> | undefined;

  constructor(services: AttemptServices) {
    this.#services = services;
  }

  /**
   * Runs one attempt to its end, whatever that is; resolves once OUTCOMES has the outcome.
   * @param isForOthers - whether a worker elsewhere is to try it in place of an outcome with that error
   * @throws BenchwireError when the outcome can't be stored: the connection is closed, or NATS refuses it
   */
  async run(
    job: Job,
    device: Device,
    isForOthers?: (error: TaskError) => boolean,
  ): Promise<OutcomeStatus | 'left_to_others'> {
    const id = attemptId({ run_id: job.run_id, task_id: job.task.task_id, attempt: job.attempt });
    const attempt = new RunningAttempt(id, job, device, this.#services);
    this.#running.set(id, attempt);
    try {
      const care = this.#careFor(job);
      const reported = withOtherFiles(await this.#execute(attempt), job);
      const executed = care(withHistoryPool(withDropped(reported, job), job, device));
      const clocked = withClock(executed, clockNote(attempt.clock_at_start, this.clock.offset));
      const { times, throttled } = attempt.finish();
      const report = throttled === undefined ? clocked : withValueNote(clocked, noteOn('throttled', throttled));
      if (attempt.isAnnounced) this.#checkDevice(attempt);
      const refused = await attempt.flushMetrics();
      if (report.error !== null && attempt.abortCause === undefined && isForOthers?.(report.error) === true)
        return 'left_to_others';
      const { worker_id, telemetry } = this.#services;
      const ending = {
        error: report.error,
        abort: attempt.abortCause,
        timeout_seconds: job.task.timeout_seconds,
        retries_timeouts: retriesTimeouts(job.task),
      };
      const outcome = buildOutcome({
        job,
        device,
        worker_id,
        ...decideStatus({ ...ending, worker_id }),
        report: refused === undefined ? report : withNote(report, refused),
        ...times,
        clock: this.clock.offset,
        started_at: attempt.started_at,
        logs: attempt.logs.toBase64(),
      });
      const stored = await this.store(outcome, (limit) => attempt.logs.toBase64(limit));
      // Not waited for by the code that waits for the outcome. A failed attempt's stays for the next one.
      if (outcomeIsFinal(outcome)) void attempt.forgetCheckpoint();
      telemetry.attemptEnded(stored, times.execution_time_seconds);
      return stored;
    } finally {
      this.#running.delete(id);
      this.#endedLogs.keep(id, attempt.logs);
      if (this.#running.size === 0) this.#whenIdle?.resolve();
    }
  }

  /** Stores an outcome, cut to what the server takes. Waits while NATS is away. */
  async store(outcome: Outcome, logsOf: (limit: number) => string | null): Promise<OutcomeStatus> {
    const fitted = fitOutcome(outcome, this.#services.max_payload(), logsOf);
    await this.#turn.next(Math.min(MAX_LINGER_MS, Math.floor(this.#running.size / ATTEMPTS_PER_LINGER_MS)));
    await publish(this.#services.client, outcomeSubject(outcome), fitted.json, { id: outcomeMessageId(outcome) });
    return fitted.outcome.status;
  }

  /** Tells an attempt to stop. False when it does not run here. */
  abort(key: AttemptKey, reason: AbortReason, message: string): boolean {
    const attempt = this.#running.get(attemptId(key));
    attempt?.abort(reason, message);
    return attempt !== undefined;
  }

  /** What an attempt has printed; of one that has ended, for a moment more, so that a follower gets its last lines. */
  logsOf(key: AttemptKey): LogTail | undefined {
    const id = attemptId(key);
    return this.#running.get(id)?.logs ?? this.#endedLogs.of(id);
  }

  /** Tells what runs on a device to stop. */
  abortOn(device: Device, reason: AbortReason, message: string): void {
    for (const attempt of this.#running.values()) if (attempt.device === device) attempt.abort(reason, message);
  }

  abortAll(reason: AbortReason, message: string): void {
    for (const attempt of this.#running.values()) attempt.abort(reason, message);
  }

  /** By which its times are. */
  get clock(): FleetClock {
    return this.#services.clock;
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** Resolves once no attempt is in execution. */
  untilIdle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    this.#whenIdle ??= Promise.withResolvers<void>();
    return this.#whenIdle.promise;
  }

  /** Attempt ids in execution, by device. */
  runningByDevice(): Record<string, string[]> {
    const byDevice: Record<string, string[]> = {};
    for (const [id, { device }] of this.#running) {
      const ids = byDevice[device.device_id];
      if (ids === undefined) byDevice[device.device_id] = [id];
      else ids.push(id);
    }
    return byDevice;
  }

  /** What was measured while the machine changed belongs to no history, also where nobody has noticed yet. */
  #checkDevice(attempt: RunningAttempt): void {
    const changed = this.#services.device_care.changed(attempt.device);
    if (changed !== undefined) attempt.abort('device_changed', changed);
  }

  /** What a report is to say of the state that the machine was in when the attempt began. */
  #careFor(job: Job): (report: ExecutorReport) => ExecutorReport {
    const { device_care } = this.#services;
    // The wait is measured by the machine's clock, and the job comes with the scheduler's.
    const queued_ms = Date.parse(job.queued_at) + (this.clock.offset?.offset_ms ?? 0);
    const waited_for_device_seconds = Math.round(device_care.waitedSince(queued_ms) * 1000) / 1000;
    const in_spite_of = device_care.inSpiteOf();
    if (waited_for_device_seconds <= 0 && in_spite_of === undefined) return (report) => report;
    return (report) => {
      const noted =
        in_spite_of === undefined ? report : withValueNote(report, noteOn('disturbed', `ran although ${in_spite_of}`));
      const { results } = noted;
      return { ...noted, results: { ...results, timings: { ...results.timings, waited_for_device_seconds } } };
    };
  }

  async #execute(attempt: RunningAttempt): Promise<ExecutorReport> {
    const { executors, log } = this.#services;
    const name = attempt.job.task.executor;
    const executor = executorOf(executors, attempt.job.task);
    if (executor === undefined) {
      const message = `this worker does not offer the executor "${name}", only ${Object.keys(executors).join(', ')}: see WORKER_EXECUTORS and WORKER_COMMANDS there`;
      return emptyReport(taskError('executor_missing', 'EXECUTOR_MISSING', message, true));
    }
    try {
      const { context, job } = attempt;
      const { base_side } = job.task;
      const executing =
        base_side === undefined ? executor.execute(context) : executePaired(executor, context, job, base_side);
      return await this.#settled(executing, attempt);
    } catch (error) {
      log.error({ err: error, attempt: attempt.id }, `the ${name} executor failed unexpectedly`);
      const message = `the ${name} executor failed unexpectedly: ${messageOf(error)}`;
      return emptyReport(taskError('unknown', 'EXECUTOR_FAILED', message, true));
    }
  }

  /** The executor's report, or one in its place when it has been told to stop and does not. */
  #settled(report: Promise<ExecutorReport>, attempt: RunningAttempt): Promise<ExecutorReport> {
    const { abort_patience_ms, onStuck } = this.#services;
    return new Promise((resolve, reject) => {
      let patience: NodeJS.Timeout | undefined;
      const wait = (): void => {
        patience = setTimeout(() => {
          const message = `the executor did not stop within ${abort_patience_ms / 1000} s of the request to stop`;
          resolve(emptyReport(taskError('device_error', 'EXECUTOR_STUCK', message, true)));
          onStuck(attempt.id);
        }, abort_patience_ms);
      };
      attempt.context.signal.addEventListener('abort', wait, { once: true });
      report.then(resolve, reject).finally(() => {
        attempt.context.signal.removeEventListener('abort', wait);
        clearTimeout(patience);
      });
    });
  }
}

/** A test that takes too long has a result: it is tried again only where its task asks for that. */
function retriesTimeouts(task: Job['task']): boolean {
  return task.executor !== 'command' || task.type !== 'test' || task.retry_policy?.retry_failed_tests === true;
}

/** What the scheduler left out of the task is said in its result. */
function withDropped(report: ExecutorReport, { dropped_batch_sizes }: Job): ExecutorReport {
  if (dropped_batch_sizes === undefined) return report;
  const sizes = Object.keys(dropped_batch_sizes).join(', ');
  const noted = withNote(report, `batch sizes ${sizes} were left out: they did not fit in memory`);
  return { ...noted, results: { ...noted.results, dropped_batch_sizes } };
}

/** A re-run that measured other files than the run that it is to check says nothing about that run. */
function withOtherFiles(report: ExecutorReport, { tags }: Job): ExecutorReport {
  if (!measuredOtherFiles(tags, report.environment)) return report;
  const text = 'this measured other files than the run that it repeats (program, its files, model, or commit)';
  return withValueNote(report, noteOn('source_mismatch', text));
}

/** A history that goes on in another pool is another series: a comparison shows where the one before is. */
function withHistoryPool(report: ExecutorReport, { history_pool }: Job, { pool }: Device): ExecutorReport {
  if (history_pool === undefined || history_pool === pool || report.error !== null) return report;
  return withNote(report, `the series continues on pool ${pool}: its history was on ${history_pool}`);
}

function withClock(report: ExecutorReport, note: ValueNote | undefined): ExecutorReport {
  if (note === undefined) return report;
  const value_notes = [note, ...(report.results.value_notes ?? [])].slice(0, MAX_VALUE_NOTES);
  return { ...report, results: { ...report.results, value_notes } };
}

function withNote(report: ExecutorReport, note: string): ExecutorReport {
  return { ...report, results: { ...report.results, notes: [...(report.results.notes ?? []), note] } };
}

function withValueNote(report: ExecutorReport, note: ValueNote): ExecutorReport {
  const value_notes = [...(report.results.value_notes ?? []), note];
  return { ...report, results: { ...report.results, value_notes } };
}
