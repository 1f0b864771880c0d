import { SCHEDULER_STATUS_SUBJECT, type SchedulerStatus, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { HEARTBEAT_SUBJECTS, type Heartbeat, heartbeat, lostAfterMs } from '@benchwire/shared/contracts/worker.ts';
import { listen } from '@benchwire/shared/runtime/listen.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';

/** The newest heartbeat of each worker, and what the scheduler said last. */
export class Fleet {
  /** With when they came, by this process' monotonic clock: senders' clocks may be wrong. */
  readonly #heartbeats = new Map<string, { heartbeat: Heartbeat; came_ms: number }>();
  #status: { status: SchedulerStatus; came_ms: number } | undefined;

  /** Listens until the connection closes. */
  start(nats: NatsConnection): void {
    listen(nats, HEARTBEAT_SUBJECTS, heartbeat, (beat) => {
      if (beat.state === 'left') this.#heartbeats.delete(beat.worker_id);
      else this.#heartbeats.set(beat.worker_id, { heartbeat: beat, came_ms: performance.now() });
    });
    listen(nats, SCHEDULER_STATUS_SUBJECT, schedulerStatus, (status) => {
      this.#status = { status, came_ms: performance.now() };
    });
  }

  /** Null for a worker that has been silent for so long that it counts as lost. */
  heartbeatOf(worker_id: string): Heartbeat | null {
    const last = this.#heartbeats.get(worker_id);
    if (last === undefined) return null;
    const silent_ms = performance.now() - last.came_ms;
    if (silent_ms <= lostAfterMs(last.heartbeat.interval_seconds * 1000)) return last.heartbeat;
    this.#heartbeats.delete(worker_id);
    return null;
  }

  /** Undefined while no scheduler leads. */
  get status(): SchedulerStatus | undefined {
    const last = this.#status;
    return last !== undefined && performance.now() - last.came_ms < 10_000 ? last.status : undefined;
  }
}
