import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { parseAttemptId } from '@benchwire/shared/contracts/ids.ts';
import type { HeldLease } from '@benchwire/shared/runtime/lease.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { PoolQueues } from '../adapters/pool-queues.ts';
import { compare, idOf, lostVerdict } from '../failures/reconcile.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { jobOf } from '../state/messages.ts';
import type { TaskState } from '../state/model.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';

interface ReconcilerContext {
  queues: PoolQueues;
  lease: Pick<HeldLease, 'valid'>;
  fleet: Fleet;
  log: Log;
  now: () => number;
}

const INTERVAL_MS = 2000;
/** How often every queue is looked at. */
const SWEEP_MS = 30_000;
/** A job without an outcome is given this many rounds, since the outcome may be on its way. */
const ROUNDS_UNTIL_MISSING = 2;
const ROUNDS_UNTIL_OUTCOME_MISSING = 5;

/**
 * Holds the scheduler's picture of the queues against the queues: finds attempts of lost workers, jobs that Redis has
 * forgotten, and jobs in queues that nobody serves.
 */
export class Reconciler {
  #state: SchedulerState;
  #context: ReconcilerContext;
  #last_ms = 0;
  #swept_ms = 0;
  #busy = new Set<string>();
  /** By pool: for how many rounds in a row an attempt has been missing. */
  #rounds = new Map<string, Map<string, number>>();
  #aborting = new Set<TaskState>();
  /** Queues, and jobs in them, that `restore` has looked at. */
  looked_at = 0;

  constructor(state: SchedulerState, context: ReconcilerContext) {
    this.#state = state;
    this.#context = context;
  }

  isDue(now: number): boolean {
    if (now - this.#last_ms < INTERVAL_MS) return false;
    this.#last_ms = now;
    return true;
  }

  /** Now and then also the queues in which nothing was emitted: what is damaged there goes before a worker meets it. */
  async sweep(): Promise<void> {
    const { queues, now } = this.#context;
    if (now() - this.#swept_ms < SWEEP_MS) return;
    this.#swept_ms = now();
    for (const pool of await queues.pools()) {
      await queues.repair(pool);
      await queues.waiting(pool);
      await queues.active(pool);
    }
  }

  /** An abort that nobody answers is sent again at the next round. */
  recheckAbort(state: TaskState): void {
    this.#aborting.add(state);
  }

  /** At the start of a leader: takes over what its predecessor emitted, and clears away what is decided already. */
  async restore(): Promise<void> {
    const { queues, lease, now } = this.#context;
    for (const pool of await queues.pools()) {
      await queues.repair(pool);
      this.looked_at++;
      for (const job of await queues.active(pool)) this.#adopt(pool, job.id, now());
      for (const job of await queues.waiting(pool)) {
        this.looked_at++;
        if (this.#adopt(pool, job.id, now())) continue;
        // A successor has what it adopted in the queues by now.
        if (!lease.valid()) return;
        await queues.withdraw(pool, job.id);
      }
    }
  }

  #adopt(pool: string, id: string, now: number): boolean {
    const key = parseAttemptId(id);
    const state = key === undefined ? undefined : this.#state.find(key);
    if (state === undefined) return false;
    if (state.phase === 'ready' || state.phase === 'delayed') this.#state.adopt(state, pool, now);
    return true;
  }

  async reconcile(pool: string): Promise<void> {
    if (this.#busy.has(pool)) return;
    this.#busy.add(pool);
    try {
      await this.#reconcile(pool);
    } finally {
      this.#busy.delete(pool);
    }
  }

  async #reconcile(pool: string): Promise<void> {
    const { queues, fleet, now } = this.#context;
    // Waiting first: a job that moves on between the two lists is then seen as active.
    const waiting = new Set((await queues.waiting(pool)).map((job) => job.id));
    const active = new Map((await queues.active(pool)).map((job) => [job.id, job]));
    const emitted = this.#state.pools.get(pool)?.emitted ?? [];
    const { lost, missing, stranded } = compare(pool, [...emitted], { waiting, active }, fleet, now());
    for (const { state, verdict } of lost) this.#state.settle(state, verdict, now());
    for (const state of stranded) {
      if ((await queues.withdraw(pool, idOf(state))) === 'removed') this.#state.returnToReady(state, now());
    }
    await this.#lookForMissing(pool, missing);
    for (const state of this.#aborting) {
      if (state.emission?.pool.name !== pool) continue;
      this.#aborting.delete(state);
      if (state.phase === 'emitted') this.#state.phases.withdraw(state);
    }
  }

  async #lookForMissing(pool: string, missing: readonly TaskState[]): Promise<void> {
    const { queues, log, now } = this.#context;
    const rounds = new Map<string, number>();
    for (const state of missing) {
      const id = idOf(state);
      const round = (this.#rounds.get(pool)?.get(id) ?? 0) + 1;
      rounds.set(id, round);
      if (round < ROUNDS_UNTIL_MISSING) continue;
      const found = await queues.state(pool, id);
      if (state.phase !== 'emitted' || idOf(state) !== id) continue;
      if (found === 'missing') {
        log.warn({ attempt: id, pool }, 'Redis has forgotten a job; it is emitted again');
        await queues.discardOrphan(pool, id);
        await queues.add(pool, [jobOf(state, this.#state.failures.of(state), this.#context.fleet.pools().get(pool))]);
        rounds.delete(id);
      } else if (found === 'failed') {
        // BullMQ found it stalled: its worker let the lock run out.
        this.#state.settle(state, lostVerdict(pool, undefined, 'its worker stopped renewing the lock on it'), now());
      } else if (found === 'completed' && round >= ROUNDS_UNTIL_OUTCOME_MISSING) {
        const message = `the job ended without an outcome in OUTCOMES (expected message id ${id}); look into REJECTED`;
        const error = taskError('unknown', 'OUTCOME_MISSING', message, true);
        this.#state.settle(state, { status: 'failed', error, pool }, now());
      }
    }
    this.#rounds.set(pool, rounds);
  }
}
