import { query, queryRows } from '@benchwire/shared/client/query.ts';
import {
  type BenchEvent,
  type EventNameOf,
  eventData,
  eventName,
  eventSubject,
  readEvent,
} from '@benchwire/shared/contracts/event.ts';
import { FINDINGS_SUBJECTS, finding } from '@benchwire/shared/contracts/finding.ts';
import type { RunOfSeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { EVENTS, FINDINGS } from '@benchwire/shared/contracts/streams.ts';
import { consume, type HandlerResult, OK, type Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { affectedBy } from '../decide/stored-verdict.ts';
import { judge, type VerdictContext } from './verdict.ts';

interface KeepContext extends VerdictContext {
  manager: JetStreamManager;
  /** Whether this process knows that a setting has this value. */
  isFollowed(name: string, value: unknown): boolean;
}

/** Runs that are judged again after one change, at most: the newest. */
const MAX_RUNS = 200;
const MAX_SERIES = 2000;
/** Time for the newest runs of a large stack to be judged again before a message counts as lost. */
const ACK_WAIT_MS = 300_000;
/** After this a run whose results did not come is left as it is: the aggregator takes the run's own counts after 10 minutes. */
const GIVE_UP_MS = 3_600_000;

/** Settings that a verdict rests on. */
const ABOUT_VERDICTS: ReadonlySet<string> = new Set(['main_branches', 'detection', 'history_points']);
const FOLLOWED_WITHIN_MS = 30_000;

/** Something that may make the verdicts of some runs other ones. */
type Change =
  | { kind: 'ended'; run_id: string; at: Date }
  | { kind: 'series'; series_ids: readonly string[] }
  | { kind: 'gates' }
  | { kind: 'setting'; name: string; value: unknown; at: Date }
  | { kind: 'deleted'; run_id: string; series_ids: readonly string[] }
  | { kind: 'nothing' };

/**
 * Keeps the verdicts that lists show as they would be if asked for: works them out again when a run ends, and when an acceptance, a finding, a
 * gate, a setting or another run of the commit changes them. Replicas share the work.
 */
export async function keepVerdicts(context: KeepContext): Promise<Running> {
  const entity = (of: 'run' | 'series' | 'gate' | 'setting'): string =>
    eventSubject({ entity: of, run_id: null }).replace(/-$/, '*');
  const readers = await Promise.all([
    follow(context, EVENTS.name, entity('run'), 'anomaly-ended-runs', readEventChange),
    follow(context, EVENTS.name, entity('series'), 'anomaly-accepted', readEventChange),
    follow(context, EVENTS.name, entity('gate'), 'anomaly-gates', readEventChange),
    follow(context, EVENTS.name, entity('setting'), 'anomaly-settings', readEventChange),
    follow(context, FINDINGS.name, FINDINGS_SUBJECTS, 'anomaly-changed-findings', (message) => {
      const parsed = parseJson(finding, message.data);
      return parsed.ok ? { kind: 'series', series_ids: [parsed.value.series_id] } : { kind: 'nothing' };
    }),
  ]);
  return { stop: async () => void (await Promise.all(readers.map((reader) => reader.stop()))) };
}

async function follow(
  context: KeepContext,
  stream: string,
  filter: string,
  durable: string,
  read: (message: JsMsg) => Change,
): Promise<Running> {
  return await consume<Change>(context.manager, context.jetstream, context.log, {
    ...{ stream, filter, durable, where: 'verdict', max_batch: 16, max_wait_ms: 500, ack_wait_ms: ACK_WAIT_MS },
    // What can't be read is put into REJECTED by the aggregator, and says nothing here.
    parse: (message) => ({ ok: true, value: read(message) }),
    handle: (batch) =>
      judgeAgain(
        context,
        batch.map(({ value }) => value),
      ),
  });
}

function readEventChange(message: JsMsg): Change {
  const parsed = readEvent(message.data, message.subject);
  if (!parsed.ok) return { kind: 'nothing' };
  return changeOf(parsed.value, message.time);
}

function changeOf(event: BenchEvent, at: Date): Change {
  const name = eventName(event) as EventNameOf<'run' | 'series' | 'gate' | 'setting'> | undefined;
  switch (name) {
    case 'run.finished':
      return event.run_id === null ? { kind: 'nothing' } : { kind: 'ended', run_id: event.run_id, at };
    case 'run.deleted': {
      const data = eventData(name, event);
      return data.ok && event.run_id !== null
        ? { kind: 'deleted', run_id: event.run_id, series_ids: data.value.series_ids }
        : { kind: 'nothing' };
    }
    case 'series.accepted': {
      const data = eventData(name, event);
      return data.ok ? { kind: 'series', series_ids: data.value.series_ids } : { kind: 'nothing' };
    }
    case 'gate.changed':
      return { kind: 'gates' };
    case 'setting.changed': {
      const data = eventData(name, event);
      if (!data.ok || !ABOUT_VERDICTS.has(data.value.setting)) return { kind: 'nothing' };
      // A reset of what was not set, or the same value once more.
      if (JSON.stringify(data.value.before) === JSON.stringify(data.value.after)) return { kind: 'nothing' };
      return { kind: 'setting', name: data.value.setting, value: data.value.after, at };
    }
    default:
      return { kind: 'nothing' };
  }
}

/** Judges every run that one of the changes is about; once where several are. */
async function judgeAgain(context: KeepContext, changes: readonly Change[]): Promise<HandlerResult[]> {
  const judged = new Map<string, Promise<void>>();
  const results: HandlerResult[] = [];
  for (const change of changes) {
    try {
      const run_ids = await runsOf(context, change);
      if (run_ids === undefined) {
        results.push({ kind: 'retry', after_ms: 1000, reason: 'what the verdict rests on is not here yet' });
        continue;
      }
      for (const run_id of run_ids) {
        const known = judged.get(run_id) ?? judgeStored(context, run_id);
        judged.set(run_id, known);
        await known;
      }
      results.push(OK);
    } catch (error) {
      results.push({ kind: 'retry', after_ms: 5000, reason: messageOf(error) });
    }
  }
  return results;
}

async function judgeStored(context: KeepContext, run_id: string): Promise<void> {
  const reply = await judge(context, { run_id });
  const unknown = !reply.ok && reply.issues.some(({ code }) => code === 'unknown_run');
  if (!reply.ok && !unknown) throw new Error(reply.issues[0]?.message);
}

/** @returns undefined where the run's results are not stored yet */
async function runsOf({ nats, isFollowed }: KeepContext, change: Change): Promise<readonly string[] | undefined> {
  switch (change.kind) {
    case 'setting':
      // The bucket and the event come on ways of their own. One that was changed again meanwhile has an event of its own.
      if (!isFollowed(change.name, change.value) && Date.now() - change.at.getTime() < FOLLOWED_WITHIN_MS)
        return undefined;
      return await newestRuns(nats);
    case 'nothing':
      return [];
    case 'gates':
      return await newestRuns(nats);
    case 'series':
      return (await runsOfSeries(nats, change.series_ids)).map(({ run_id }) => run_id);
    case 'deleted': {
      // Others are judged without its points, so once those are gone.
      const { run_id, series_ids } = change;
      if ((await query(nats, 'run', { run_id })).rows.length > 0) return undefined;
      return series_ids.length === 0 ? [] : (await runsOfSeries(nats, series_ids)).map((row) => row.run_id);
    }
    case 'ended': {
      const { run_id, at } = change;
      const [run] = (await query(nats, 'run', { run_id })).rows;
      if (run?.state !== 'finished') return Date.now() - at.getTime() > GIVE_UP_MS ? [] : undefined;
      const series_ids = new Set<string>();
      for await (const row of queryRows(nats, 'results', { run_id, with_all_kinds: true }))
        series_ids.add(row.series_id);
      if (series_ids.size === 0) return [];
      const alone = run.source?.commit === undefined;
      const others = alone ? [] : await runsOfSeries(nats, [...series_ids].slice(0, MAX_SERIES));
      return [run_id, ...affectedBy({ run_id, source: run.source }, others)];
    }
  }
}

const newestRuns = async (nats: KeepContext['nats']): Promise<string[]> =>
  (await query(nats, 'runs', { states: ['finished'], archived: 'include', limit: MAX_RUNS })).rows.map(
    ({ run_id }) => run_id,
  );

const runsOfSeries = async (nats: KeepContext['nats'], series_ids: readonly string[]): Promise<RunOfSeriesRow[]> =>
  (await query(nats, 'runs_of_series', { series_ids: [...series_ids], limit: MAX_RUNS })).rows;
