import { type EventName, eventOf, type FittingEvent } from '@benchwire/shared/contracts/event.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { QUARANTINE_BUCKET, type Quarantine } from '@benchwire/shared/contracts/quarantine.ts';
import { workerCommandReply, workerCommandSubject } from '@benchwire/shared/contracts/worker.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { type KV, Kvm } from '@nats-io/kv';
import { type BreakerChange, describeBreaker } from '../failures/breakers.ts';
import { afterCheck, dueForCheck, enter } from '../failures/quarantine.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';

export interface FailurePatternsContext {
  nats: NatsConnection;
  fleet: Fleet;
  log: Log;
  /** Until a worker in quarantine is checked for the first time. */
  check_after_ms: number;
  now: () => number;
  publishEvent: (event: FittingEvent) => void;
  /** Lets work run beside the decisions. */
  track: (work: Promise<void>) => void;
}

/** A check runs a model; a machine in trouble may take long for it. */
const CHECK_MS = 120_000;

const CIRCUIT_EVENTS = {
  opened: 'service.circuit_opened',
  half_opened: 'service.circuit_half_open',
  closed: 'service.circuit_closed',
} as const satisfies Record<BreakerChange['kind'], EventName>;

/** Carries out what patterns of failures ask for: tells of breakers, puts workers in quarantine and lets them back. */
export class FailurePatterns {
  readonly #state: SchedulerState;
  readonly #context: FailurePatternsContext;
  readonly #busy = new Set<string>();
  #bucket: Promise<KV> | undefined;

  constructor(state: SchedulerState, context: FailurePatternsContext) {
    this.#state = state;
    this.#context = context;
  }

  /** After a replay: what it found was told and done by a predecessor, and what workers failed before they were let back is past. */
  begin(): void {
    this.#state.failures.breakerChanges.length = 0;
    this.#state.failures.toQuarantine.clear();
    for (const worker_id of this.#context.fleet.quarantines.keys()) this.#state.failures.suspects.forget(worker_id);
  }

  act(): void {
    const { fleet, now } = this.#context;
    this.#state.failures.breakerChanges.push(...this.#state.failures.breakers.halfOpen(now()));
    for (const change of this.#state.failures.breakerChanges.splice(0)) this.#tell(change);
    for (const [worker_id, reason] of this.#state.failures.toQuarantine) {
      this.#state.failures.toQuarantine.delete(worker_id);
      if (fleet.quarantines.get(worker_id)?.quarantined !== true)
        this.#beside(worker_id, this.#enter(worker_id, reason));
    }
    for (const entry of dueForCheck(fleet.quarantines.values(), now())) {
      // What it still runs is neither to be disturbed by the check nor to disturb it.
      if (fleet.worker(entry.worker_id)?.running.size === 0) this.#beside(entry.worker_id, this.#check(entry));
    }
  }

  /** What a worker failed before it was let back, by whomever, counts no more. */
  released(worker_id: string): void {
    this.#state.failures.suspects.forget(worker_id);
  }

  /** One thing at a time per worker. */
  #beside(worker_id: string, work: () => Promise<void>): void {
    if (this.#busy.has(worker_id)) return;
    this.#busy.add(worker_id);
    this.#context.track(work().finally(() => this.#busy.delete(worker_id)));
  }

  #tell(change: BreakerChange): void {
    const { breaker } = change;
    const { now, log, publishEvent } = this.#context;
    const message =
      change.kind === 'closed'
        ? `${breaker.subject} completes on ${breaker.hardware} again, so it is held back no longer`
        : `${describeBreaker(breaker)}; it said: ${breaker.message}`;
    log.warn({ circuit: change.kind, subject: breaker.subject, hardware: breaker.hardware }, message);
    const { subject, hardware, error_class, workers, until_ms } = breaker;
    const data = { subject, hardware, error_class, workers, until: new Date(until_ms).toISOString() };
    publishEvent(eventOf(CIRCUIT_EVENTS[change.kind], { at_ms: now(), event_id: newRunId(), message, data }));
  }

  #enter(worker_id: string, reason: string): () => Promise<void> {
    return async () => {
      const { now, check_after_ms, log } = this.#context;
      await this.#store(enter(worker_id, reason, now(), check_after_ms));
      log.warn({ worker_id, reason }, 'put a worker in quarantine');
      this.#event('worker.quarantined', worker_id, `${worker_id} is in quarantine: ${reason}`);
    };
  }

  #check(entry: Quarantine): () => Promise<void> {
    return async () => {
      const { worker_id } = entry;
      const { nats, now, check_after_ms, log } = this.#context;
      let answer: { ok: boolean; message: string };
      try {
        const reply = await nats.request(workerCommandSubject(worker_id), JSON.stringify({ command: 'health_check' }), {
          timeout: CHECK_MS,
        });
        const parsed = parseJson(workerCommandReply, reply.data);
        answer = parsed.ok ? parsed.value : { ok: false, message: 'its answer cannot be read' };
      } catch (error) {
        answer = { ok: false, message: `it does not answer: ${messageOf(error)}` };
      }
      // Somebody may have decided about it meanwhile.
      const current = this.#context.fleet.quarantines.get(worker_id);
      if (current?.quarantined !== true || current.at !== entry.at || current.by !== entry.by) return;
      await this.#store(afterCheck(entry, answer.ok, now(), check_after_ms));
      log.warn({ worker_id, ok: answer.ok, said: answer.message }, 'checked a worker in quarantine');
      if (answer.ok)
        this.#event('worker.released', worker_id, `${worker_id} has passed its health check: ${answer.message}`);
      else this.#event('worker.check_failed', worker_id, `${worker_id} has failed its health check: ${answer.message}`);
    };
  }

  async #store(entry: Quarantine): Promise<void> {
    // The bucket is there: every scheduler watches it.
    this.#bucket ??= new Kvm(this.#context.nats).open(QUARANTINE_BUCKET);
    await (await this.#bucket).put(entry.worker_id, JSON.stringify(entry));
    // The watch says so too, a moment later; what is decided until then must know it already.
    this.#context.fleet.applyQuarantine(entry);
  }

  #event(
    name: 'worker.quarantined' | 'worker.released' | 'worker.check_failed',
    worker_id: string,
    message: string,
  ): void {
    const { now, publishEvent } = this.#context;
    publishEvent(eventOf(name, { worker_id, at_ms: now(), event_id: newRunId(), message }));
  }
}
