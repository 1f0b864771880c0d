import type { Evidence } from '@benchwire/shared/contracts/failure-classes.ts';
import type { ErrorClass } from '@benchwire/shared/contracts/outcome.ts';
import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';
import { type FailureFacts, tellingFailure } from './breakers.ts';

export interface SuspectSettings {
  /** The same failure of this many different things on one worker, with no success in between, puts it in quarantine. */
  subjects: number;
  /** Failures further apart than this have nothing to do with each other. */
  window_ms: number;
}

export const DEFAULT_SUSPECT_SETTINGS: SuspectSettings = { subjects: 3, window_ms: 10 * 60_000 };

const AGAINST_WORKER: ReadonlySet<Evidence> = new Set(['worker']);

/** Workers that failed lately; more than these are forgotten, the oldest first. */
const MAX_WORKERS = 50_000;

/**
 * Workers on which one thing after the other fails in the same way: then it is the worker. The mirror image of the
 * breakers, and like them a fold over outcomes.
 */
export class Suspects {
  readonly settings: SuspectSettings;
  /** By worker, then class, then what failed. */
  readonly #failures = new Map<string, Map<ErrorClass, Map<string, number>>>();

  constructor(settings: SuspectSettings = DEFAULT_SUSPECT_SETTINGS) {
    this.settings = settings;
  }

  /**
   * @param at_ms - when the attempt ended
   * @returns why the worker of this attempt is no longer to be trusted, if so
   */
  apply(facts: FailureFacts, at_ms: number): string | undefined {
    const { worker_id, subject } = facts;
    if (worker_id === null) return undefined;
    if (facts.status === 'completed') {
      this.#failures.delete(worker_id);
      return undefined;
    }
    const failed = tellingFailure(facts, AGAINST_WORKER);
    if (failed === undefined) return undefined;
    const byClass = this.#failures.get(worker_id) ?? new Map<ErrorClass, Map<string, number>>();
    this.#failures.delete(worker_id);
    this.#failures.set(worker_id, byClass);
    forgetOldest(this.#failures, MAX_WORKERS);
    const subjects = byClass.get(failed) ?? new Map<string, number>();
    byClass.set(failed, subjects);
    subjects.set(subject, at_ms);
    for (const [other, failed_at_ms] of subjects) {
      if (at_ms - failed_at_ms > this.settings.window_ms) subjects.delete(other);
    }
    if (subjects.size < this.settings.subjects) return undefined;
    const names = [...subjects.keys()].slice(0, 4).join(', ');
    return `${subjects.size} different things in a row ended there with ${failed}: ${names}`;
  }

  /** What it failed before says nothing any more: it has passed a check, or somebody vouches for it. */
  forget(worker_id: string): void {
    this.#failures.delete(worker_id);
  }
}
