import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';

/** A model is taken to be in the cache of a worker that has used it within this time. */
const CACHED_MS = 3_600_000;
/** Models that are remembered. */
const MAX_MODELS = 1000;

/** Which workers of a pool have used which model when. */
export class ModelUsers {
  readonly #models = new Map<string, Map<string, number>>();

  /** A worker has completed a task with that model: it is in its cache now. */
  used(model: string, worker_id: string, now: number): void {
    const users = this.#models.get(model) ?? new Map<string, number>();
    // What was used last stands last.
    this.#models.delete(model);
    this.#models.set(model, users);
    users.set(worker_id, now);
    forgetOldest(this.#models, MAX_MODELS);
  }

  /** The share of those workers that have used a model lately. */
  shareOf(workers: readonly string[], model: string, now: number): number {
    const users = this.#models.get(model);
    if (users === undefined || workers.length === 0) return 0;
    let count = 0;
    for (const worker_id of workers) if (now - (users.get(worker_id) ?? 0) < CACHED_MS) count++;
    return count / workers.length;
  }
}
