import { writtenPluginConfig } from '@benchwire/shared/contracts/task.ts';
import type { PlacementQuestion } from '@benchwire/shared/plugins/plugin.ts';
import { z } from 'zod';
import { durationOf } from '../../run-times/durations.ts';
import type { Lane, PoolState } from '../../state/model.ts';
import { LEAVE, type SchedulingView, type Strategy } from '../strategy.ts';

/** An answer counts for so long. */
const FRESH_MS = 2000;
/** Work that has no score after this long goes to any pool with room. */
const PATIENCE_MS = 1000;
/** After a failed question the next one waits for so long. */
const FAILED_PAUSE_MS = 1000;
/** Kinds of work in one question; the others come with the next one. */
const MAX_WORK = 500;
/** Kinds of work that are remembered. */
const MAX_KNOWN = 10_000;

/** By id of work and pool; null: never. */
const scores = z.record(z.string(), z.record(z.string(), z.number().positive().nullable()));

interface Known {
  lane: Lane;
  asked_since_ms: number;
  scored_at_ms: number | undefined;
  by_pool: Readonly<Record<string, number | null>>;
}

/** Asks a plug-in. @throws where it fails; the caller has named it by then */
export type AskPlugin = (question: PlacementQuestion) => Promise<unknown>;

/**
 * A strategy of a plug-in: it is asked about kinds of work and not about tasks, beside the scheduler's decisions, which never wait for it.
 * While it gives no answer work goes to the least loaded pool that has room, after a second.
 */
export class PluginStrategy implements Strategy {
  readonly name: string;
  readonly #ask: AskPlugin;
  readonly #known = new Map<string, Known>();
  #view: SchedulingView | undefined;
  #asking = false;
  #not_before_ms = 0;
  #answered = false;

  constructor(name: string, ask: AskPlugin) {
    this.name = name;
    this.#ask = ask;
  }

  prepare(view: SchedulingView, now: number): boolean {
    this.#view = view;
    this.#askSoon(now);
    const is_news = this.#answered || [...this.#known.values()].some((known) => this.#isOverdue(known, now));
    this.#answered = false;
    return is_news;
  }

  rank(pool: PoolState): number {
    return pool.emitted.size / Math.max(1, pool.slots);
  }

  misfit(lane: Lane, pool: PoolState, now: number): number {
    const { workload } = lane.bucket;
    const known = this.#known.get(workload);
    if (known === undefined) {
      this.#remember(workload, { lane, asked_since_ms: now, scored_at_ms: undefined, by_pool: {} });
      this.#askSoon(now);
      return LEAVE;
    }
    known.lane = lane;
    if (known.scored_at_ms === undefined) return this.#isOverdue(known, now) ? 1 : LEAVE;
    const score = known.by_pool[pool.name];
    return score === null ? LEAVE : (score ?? 1);
  }

  #isOverdue({ scored_at_ms, asked_since_ms }: Known, now: number): boolean {
    return scored_at_ms === undefined && now - asked_since_ms >= PATIENCE_MS;
  }

  #remember(workload: string, known: Known): void {
    for (const [oldest] of this.#known) {
      if (this.#known.size < MAX_KNOWN) break;
      this.#known.delete(oldest);
    }
    this.#known.set(workload, known);
  }

  #askSoon(now: number): void {
    if (this.#asking || now < this.#not_before_ms || this.#view === undefined) return;
    const stale = [...this.#known].filter(
      ([, { lane, scored_at_ms }]) => lane.size > 0 && (scored_at_ms === undefined || now - scored_at_ms >= FRESH_MS),
    );
    if (stale.length === 0) return;
    this.#asking = true;
    void this.#question(this.#view, stale.slice(0, MAX_WORK), now);
  }

  /** Never rejects: what goes wrong has been said by then. */
  async #question(view: SchedulingView, asked: readonly [string, Known][], now: number): Promise<void> {
    try {
      const answer = scores.parse(await this.#ask(questionOf(view, asked)));
      for (const [workload, known] of asked) {
        known.by_pool = answer[workload] ?? {};
        known.scored_at_ms = now;
      }
      this.#answered = true;
    } catch {
      this.#not_before_ms = now + FAILED_PAUSE_MS;
      // Without an answer what it said before counts no longer.
      for (const [, known] of asked) known.scored_at_ms = undefined;
    } finally {
      this.#asking = false;
    }
  }
}

function questionOf(view: SchedulingView, asked: readonly [string, Known][]): PlacementQuestion {
  const pools = [...view.pools.all].filter(({ offer }) => offer !== undefined);
  return {
    work: asked.map(([id, { lane }]) => {
      const { executor, benchmark, config } = lane.spec;
      return { id, ...nameAndConfig(lane.spec, executor, config), benchmark };
    }),
    pools: pools.map(({ name, offer, slots, emitted }) => ({
      ...{ pool: name, class: offer?.class ?? 'cpu', slots, busy: emitted.size, labels: offer?.labels ?? {} },
    })),
    expected_ms: Object.fromEntries(
      asked.map(([id, { lane }]) => [
        id,
        Object.fromEntries(pools.map((pool) => [pool.name, durationOf(view.run_times, lane.bucket, pool).ms])),
      ]),
    ),
  };
}

function nameAndConfig(
  spec: Lane['spec'] & { plugin?: string },
  executor: string,
  config: Lane['spec']['config'],
): { executor: string; config: Record<string, unknown> } {
  if (spec.executor !== 'plugin') return { executor, config: { ...config } };
  return { executor: spec.plugin ?? executor, config: writtenPluginConfig(config as never) };
}
