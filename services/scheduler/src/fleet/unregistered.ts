import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';

/** A new worker's entry comes through the bucket a moment after its first heartbeat. */
const PATIENCE_MS = 3000;
const MAX_WORKERS = 20_000;

/** Workers that are heard of and have no entry in the bucket, so that nobody knows what they offer. */
export class Unregistered {
  /** When each is to be asked to register. */
  readonly #due = new Map<string, number>();

  /** To be called with each heartbeat. @returns whether the worker is to be asked to register now */
  isDue(worker_id: string, is_registered: boolean, now: number): boolean {
    if (is_registered) {
      this.#due.delete(worker_id);
      return false;
    }
    const due = this.#due.get(worker_id);
    if (due !== undefined && now < due) return false;
    this.#due.set(worker_id, now + PATIENCE_MS);
    forgetOldest(this.#due, MAX_WORKERS);
    return due !== undefined;
  }
}
