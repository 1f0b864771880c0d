import type { TaskState } from '@benchwire/scheduler/src/state/model.ts';
import type { SimulatedWorker } from './world.ts';

/** An attempt in a slot. */
export interface Running {
  state: TaskState;
  attempt: number;
  worker: PresentWorker;
  started_ms: number;
}

interface PresentWorker {
  worker: SimulatedWorker;
  running: Set<Running>;
  heat: Heat;
}

/** What BullMQ and the workers are in reality: a queue for each pool, and slots that take from it. */
export class SimulatedPools {
  #workers = new Map<SimulatedWorker, PresentWorker>();
  #pools = new Map<string, { waiting: TaskState[]; workers: PresentWorker[] }>();

  join(worker: SimulatedWorker, now: number): void {
    const thermal_ms = (worker.hardware.thermal?.seconds ?? 1) * 1000;
    const present = { worker, running: new Set<Running>(), heat: new Heat(thermal_ms, now) };
    this.#workers.set(worker, present);
    this.#pool(worker.pool).workers.push(present);
  }

  /** @returns what it was running; undefined when it is not there */
  leave(worker: SimulatedWorker, _now: number): Running[] | undefined {
    const present = this.#workers.get(worker);
    if (present === undefined) return undefined;
    this.#workers.delete(worker);
    const pool = this.#pool(worker.pool);
    pool.workers = pool.workers.filter((other) => other !== present);
    const orphans = [...present.running];
    present.running.clear();
    return orphans;
  }

  push(pool: string, state: TaskState): void {
    this.#pool(pool).waiting.push(state);
  }

  /** Puts the next job of a pool into a free slot, if there are both. */
  next(name: string, now: number): Running | undefined {
    const pool = this.#pool(name);
    const worker = pool.workers.find((each) => each.running.size < each.worker.hardware.slots);
    if (worker === undefined) return undefined;
    const state = pool.waiting.shift();
    if (state === undefined) return undefined;
    const running = { state, attempt: state.attempt, worker, started_ms: now };
    worker.running.add(running);
    return running;
  }

  /** @returns whether it was still running there */
  release(running: Running, now: number): boolean {
    if (!running.worker.running.delete(running)) return false;
    if (running.worker.running.size === 0) running.worker.heat.idle(now);
    return true;
  }

  /** Takes a job back that nobody has started. */
  withdraw(name: string, state: TaskState): boolean {
    const { waiting } = this.#pool(name);
    const place = waiting.indexOf(state);
    if (place < 0) return false;
    waiting.splice(place, 1);
    return true;
  }

  /** The jobs of a pool that has no worker any more. */
  takeStranded(name: string): TaskState[] {
    const pool = this.#pool(name);
    return pool.workers.length > 0 ? [] : pool.waiting.splice(0);
  }

  #pool(name: string): { waiting: TaskState[]; workers: PresentWorker[] } {
    let pool = this.#pools.get(name);
    if (pool === undefined) {
      pool = { waiting: [], workers: [] };
      this.#pools.set(name, pool);
    }
    return pool;
  }
}

/** Temperature between 0 (cold) and 1 (where a busy worker ends up), first order. */
class Heat {
  #constant_ms: number;
  #since_ms: number;
  #value = 0;
  #target = 0;

  constructor(constant_ms: number, now: number) {
    this.#constant_ms = constant_ms;
    this.#since_ms = now;
  }

  at(now: number): number {
    return this.#target + (this.#value - this.#target) * Math.exp(-(now - this.#since_ms) / this.#constant_ms);
  }

  busy(now: number): void {
    this.#turn(1, now);
  }

  idle(now: number): void {
    this.#turn(0, now);
  }

  #turn(target: number, now: number): void {
    this.#value = this.at(now);
    this.#since_ms = now;
    this.#target = target;
  }
}
