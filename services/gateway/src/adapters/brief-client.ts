import { Client } from '@benchwire/shared/client/client.ts';
import type { Answer } from '@benchwire/shared/client/query.ts';
import type { QueryName, QueryParameters, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';

/** How old an answer may be that a second one who asks the same is given. */
const BRIEF_MS = 100;
const MAX_KEPT = 500;
/** Statements of users are asked each time. */
const NEVER_KEPT: ReadonlySet<QueryName> = new Set(['sql']);

interface Kept {
  answer: Promise<Answer<unknown>>;
  /** By the monotonic clock; infinite while the answer is on its way. */
  ends_ms: number;
}

/**
 * A client that asks the same question once for all who ask it at a time: many browsers look at the same run. An answer is
 * given again for a tenth of a second at most, counted from when it came.
 */
export class BriefClient extends Client {
  readonly #kept = new Map<string, Kept>();

  override query<N extends QueryName>(
    name: N,
    parameters: QueryParameters<N>,
    signal?: AbortSignal,
  ): Promise<Answer<QueryRow<N>>> {
    if (NEVER_KEPT.has(name)) return super.query(name, parameters, signal);
    const key = `${name} ${JSON.stringify(parameters)}`;
    const known = this.#kept.get(key);
    if (known !== undefined && performance.now() < known.ends_ms) return known.answer as Promise<Answer<QueryRow<N>>>;
    const answer = super.query(name, parameters);
    const kept: Kept = { answer, ends_ms: Number.POSITIVE_INFINITY };
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    forgetOldest(this.#kept, MAX_KEPT);
    const forget = (): void => {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
    };
    answer.then(() => {
      kept.ends_ms = performance.now() + BRIEF_MS;
    }, forget);
    return answer;
  }

  /** Answers from before the run's end, which are still on their way or kept, are given to nobody any more. */
  override async finished(run_id: string, signal?: AbortSignal): Promise<RunRow> {
    const run = await super.finished(run_id, signal);
    this.#kept.clear();
    return run;
  }
}
