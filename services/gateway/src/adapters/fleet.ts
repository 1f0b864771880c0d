import { SCHEDULER_STATUS_SUBJECT, type SchedulerStatus, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { HEARTBEAT_SUBJECTS, type Heartbeat, heartbeat, lostAfterMs } from '@benchwire/shared/contracts/worker.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';

/** The newest heartbeat of each worker, and what the scheduler said last. */
export class Fleet {
  readonly #heartbeats = new Map<string, Heartbeat>();
  #status: SchedulerStatus | undefined;

  /** Listens until the connection closes. */
  start(nats: NatsConnection): void {
    nats.subscribe(HEARTBEAT_SUBJECTS, {
      callback: (error, message) => {
        const parsed = error === null ? parseJson(heartbeat, message.data) : undefined;
        if (parsed?.ok !== true) return;
        if (parsed.value.state === 'left') this.#heartbeats.delete(parsed.value.worker_id);
        else this.#heartbeats.set(parsed.value.worker_id, parsed.value);
      },
    });
    nats.subscribe(SCHEDULER_STATUS_SUBJECT, {
      callback: (error, message) => {
        const parsed = error === null ? parseJson(schedulerStatus, message.data) : undefined;
        if (parsed?.ok === true) this.#status = parsed.value;
      },
    });
  }

  /** Null for a worker that has been silent for so long that it counts as lost. */
  heartbeatOf(worker_id: string): Heartbeat | null {
    const last = this.#heartbeats.get(worker_id);
    if (last === undefined) return null;
    const silent_ms = Date.now() - Date.parse(last.sent_at);
    if (silent_ms <= lostAfterMs(last.interval_seconds * 1000)) return last;
    this.#heartbeats.delete(worker_id);
    return null;
  }

  /** Undefined while no scheduler leads. */
  get status(): SchedulerStatus | undefined {
    const { at } = this.#status ?? {};
    return at !== undefined && Date.now() - Date.parse(at) < 10_000 ? this.#status : undefined;
  }
}
