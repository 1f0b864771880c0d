import { eventOf, type FittingEvent } from '@benchwire/shared/contracts/event.ts';
import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import type { Absence } from '@benchwire/shared/contracts/worker.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { Absences, UntoldAbsence } from '../fleet/absences.ts';
import type { Fleet, WorkerState } from '../fleet/fleet.ts';
import type { BackgroundWork } from './background-work.ts';

interface WorkerAbsencesContext {
  jetstream: JetStreamClient;
  fleet: Fleet;
  absences: Absences;
  /** The bucket `absences`. */
  told: KV;
  log: Log;
  now: () => number;
  work: BackgroundWork;
}

/**
 * Tells which registered workers are lost, and which of those are back. Each is told once: what was told is stored after the
 * event, under an id that a successor would make as well.
 */
export class WorkerAbsences {
  readonly #context: WorkerAbsencesContext;
  readonly #busy = new Set<string>();

  constructor(context: WorkerAbsencesContext) {
    this.#context = context;
  }

  act(): void {
    const { absences, fleet, now } = this.#context;
    for (const found of absences.untold(fleet, now()))
      this.#beside(found.capabilities.worker_id, () => this.#tellAbsent(found));
    for (const { worker, told } of absences.returned(fleet))
      this.#beside(told.worker_id, () => this.#tellBack(worker, told));
  }

  /** One thing at a time per worker. */
  #beside(worker_id: string, begin: () => Promise<void>): void {
    if (this.#busy.has(worker_id)) return;
    this.#busy.add(worker_id);
    this.#context.work.track(begin().finally(() => this.#busy.delete(worker_id)));
  }

  async #tellAbsent({ state, capabilities, last_seen_ms, event_id }: UntoldAbsence): Promise<void> {
    const { jetstream, log, now, work } = this.#context;
    const { worker_id, boot_id } = capabilities;
    const at_ms = now();
    if (state === 'lost') {
      const message =
        last_seen_ms === undefined
          ? `worker ${worker_id} is registered and has sent no heartbeat since the scheduler started`
          : `worker ${worker_id} has been silent for ${((at_ms - last_seen_ms) / 1000).toFixed(1)} s`;
      log.warn(message);
      // With what it offered: its row can be made of this event alone.
      const event = eventOf('worker.lost', { at_ms, event_id, message, worker_id, data: { capabilities } });
      await publishEvent(jetstream, event, work.signal);
    }
    await this.#store({ worker_id, boot_id, state }, at_ms);
  }

  async #tellBack(worker: WorkerState, told: Absence): Promise<void> {
    const { jetstream, now, work } = this.#context;
    const at_ms = now();
    await publishEvent(jetstream, backEvent(worker, told, at_ms), work.signal);
    await this.#store({ worker_id: told.worker_id, boot_id: told.boot_id, state: 'here' }, at_ms);
  }

  async #store(what: Pick<Absence, 'worker_id' | 'boot_id' | 'state'>, at_ms: number): Promise<void> {
    const { absences, told } = this.#context;
    const entry: Absence = { v: MESSAGE_VERSION, ...what, at: new Date(at_ms).toISOString() };
    await told.put(entry.worker_id, JSON.stringify(entry));
    // The watch says so too, a moment later; until then it must not be told again.
    absences.apply(entry);
  }
}

/** Says that it is there in the state that its heartbeats have. */
function backEvent({ capabilities, state, paused }: WorkerState, told: Absence, at_ms: number): FittingEvent {
  const { worker_id, boot_id } = told;
  const about = { at_ms, worker_id, event_id: `${worker_id}.${boot_id}.back.${told.at}` };
  const message = `worker ${worker_id} is back`;
  if (paused !== undefined) {
    const reason = `${message}; it takes no jobs for now: ${paused.message}`;
    return eventOf('worker.paused', { ...about, message: reason, data: { capabilities, paused } });
  }
  if (state === 'ready') return eventOf('worker.changed', { ...about, message, data: { capabilities } });
  return eventOf('worker.draining', { ...about, message: `${message}; it takes no more jobs`, data: { capabilities } });
}
