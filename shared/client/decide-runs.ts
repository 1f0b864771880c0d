import { jetstream } from '@nats-io/jetstream';
import type { DecidedRuns } from '../contracts/api/runs.ts';
import { eventOf, type FittingEvent } from '../contracts/event.ts';
import { newRunId } from '../contracts/ids.ts';
import type { RunRow } from '../contracts/rows.ts';
import { UnreachableError } from '../runtime/errors.ts';
import { pause } from '../runtime/lifecycle.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { publishEvent } from '../runtime/publish-event.ts';
import { query, queryRows } from './query.ts';

export type RunDecision = 'archive' | 'restore' | 'delete';

export interface DecideRunsOptions {
  decision: RunDecision;
  run_ids: readonly string[];
  /** Who decides, and why: both are kept in EVENTS. */
  by: string;
  reason: string;
  now: Date;
}

type Refused = DecidedRuns['refused'][number];

/** As the event has it. */
const MAX_SERIES = 1000;
/** What is published is stored in any case; so long it is waited for until answers show it. */
const SHOWN_WITHIN_MS = 60_000;
const ANSWERED_WITHIN_MS = 5000;

/**
 * Archives, restores or deletes finished runs. Resolves once answers show it; what can't be done is refused with what to do, and
 * the others are done all the same. Repeating it is harmless.
 * @throws as `query` does; UnreachableError where it is stored in EVENTS, and the aggregator is behind
 */
export async function decideRuns(nats: NatsConnection, options: DecideRunsOptions): Promise<DecidedRuns> {
  const done: string[] = [];
  const refused: Refused[] = [];
  for (const run_id of new Set(options.run_ids.map((each) => each.toLowerCase()))) {
    const [run] = (await query(nats, 'run', { run_id })).rows;
    const problem = refusalOf(run_id, run, options.decision);
    if (problem === undefined && run !== undefined) {
      await publishEvent(jetstream(nats), await eventFor(nats, run, options));
      done.push(run_id);
    } else if (problem !== undefined) refused.push({ run_id, ...problem });
  }
  for (const run_id of done) await shown(nats, run_id, options.decision);
  return { done, refused };
}

function refusalOf(
  run_id: string,
  run: RunRow | undefined,
  decision: RunDecision,
): Omit<Refused, 'run_id'> | undefined {
  if (run === undefined)
    return { code: 'unknown_run', message: `there is no run ${run_id}: it may be deleted already` };
  if (run.state === 'finished' || decision === 'restore') return undefined;
  const message =
    run.state === 'cancelling'
      ? `run ${run_id} is being cancelled: ${decision} it when it has ended`
      : `run ${run_id} has not ended: cancel it first (\`bw cancel ${run_id}\`), then ${decision} it`;
  return { code: 'run_goes_on', message };
}

async function eventFor(
  nats: NatsConnection,
  { run_id, name }: RunRow,
  { decision, by, reason, now }: DecideRunsOptions,
): Promise<FittingEvent> {
  const why = reason === '' ? '' : `: ${reason}`;
  const about = { at_ms: now.getTime(), event_id: newRunId(), run_id };
  const message = (did: string): string => `run ${name || run_id} was ${did} by ${by}${why}`;
  const data = { by, reason };
  switch (decision) {
    case 'archive':
      return eventOf('run.archived', { ...about, message: message('archived'), data });
    case 'restore':
      return eventOf('run.restored', { ...about, message: message('restored'), data });
    case 'delete': {
      const series = new Set<string>();
      for await (const { series_id } of queryRows(nats, 'results', { run_id, with_all_kinds: true })) {
        if (series.size < MAX_SERIES) series.add(series_id);
      }
      // By the run, so that two deletions at once are one.
      const event_id = `run.deleted.${run_id}`;
      return eventOf('run.deleted', {
        ...{ ...about, event_id, message: message('deleted') },
        data: { ...data, name, series_ids: [...series] },
      });
    }
    default:
      return decision satisfies never;
  }
}

/** Waits until the aggregator's answers show what was decided; one that is just restarting is waited for, too. */
async function shown(nats: NatsConnection, run_id: string, decision: RunDecision): Promise<void> {
  const give_up_at = performance.now() + SHOWN_WITHIN_MS;
  for (let wait_ms = 20; ; wait_ms = Math.min(1000, wait_ms * 2)) {
    if (await isShown(nats, run_id, decision)) return;
    if (performance.now() > give_up_at) {
      throw new UnreachableError(
        `the decision to ${decision} run ${run_id} is stored; the aggregator is behind and will apply it`,
      );
    }
    await pause(wait_ms);
  }
}

async function isShown(nats: NatsConnection, run_id: string, decision: RunDecision): Promise<boolean> {
  // An aggregator that has died with the question answers nothing.
  const signal = AbortSignal.timeout(ANSWERED_WITHIN_MS);
  try {
    const [run] = (await query(nats, 'run', { run_id }, signal)).rows;
    // Somebody else may have deleted it meanwhile.
    return run === undefined || (decision !== 'delete' && (run.archived_at !== null) === (decision === 'archive'));
  } catch (error) {
    if (error instanceof UnreachableError || signal.aborted) return false;
    throw error;
  }
}
