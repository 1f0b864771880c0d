import { readGates } from '@benchwire/shared/client/gates.ts';
import { query } from '@benchwire/shared/client/query.ts';
import { eventOf } from '@benchwire/shared/contracts/event.ts';
import { type WrittenGate, writtenGate } from '@benchwire/shared/contracts/gate.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { ResultRow, RunRow } from '@benchwire/shared/contracts/rows.ts';
import {
  type RunVerdict,
  type StoredVerdict,
  VERDICT_SUBJECT,
  type VerdictReply,
  type VerdictRequest,
  verdictRequest,
} from '@benchwire/shared/contracts/verdict.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import type { VerdictSettings } from '@benchwire/shared/verdict/history.ts';
import { judgeRun } from '@benchwire/shared/verdict/judge-run.ts';
import { REPEATS_TAG, type RepeatState, repeatsOf } from '@benchwire/shared/verdict/repeats.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { loadRunHistory } from '../adapters/run-history.ts';
import type { Detection } from '../decide/detection.ts';
import { withFeedback } from '../decide/feedback.ts';
import { judgedData } from '../decide/stored-verdict.ts';

export interface VerdictContext {
  log: Log;
  nats: NatsConnection;
  jetstream: JetStreamClient;
  /** How changes are looked for at this moment. */
  detection(): Detection;
}

/** More metrics make no answer that fits into a message; those that fail come first. */
const MAX_METRICS = 500;
/** A round spends at least one repetition of a budget of at most 100. */
const MAX_ROUNDS = 100;

/** Answers verdicts of runs, from what the aggregator has. Any replica can, and each says the same. */
export function answerVerdicts(context: VerdictContext): Running {
  return respond<VerdictRequest, VerdictReply>(context.nats, context.jetstream, context.log, {
    subject: VERDICT_SUBJECT,
    queue: 'anomaly',
    schema: verdictRequest,
    max_concurrent: 4,
    refuse: (issues) => ({ ok: false, issues }),
    handle: (question) => judge(context, question),
  });
}

/** The verdict of a run. Where lists have another one, EVENTS says so. */
export async function judge(context: VerdictContext, asked: VerdictRequest): Promise<VerdictReply> {
  const { nats } = context;
  const { run_id, base_run_id } = asked;
  try {
    const unknown = await unknownRun(nats, [run_id, ...(base_run_id === undefined ? [] : [base_run_id])]);
    if (unknown !== undefined) return { ok: false, issues: [unknown] };
    const judged = await judgedRun(context, asked);
    if (judged === undefined) return { ok: false, issues: [noRun(run_id, 'run_id')] };
    const repeats = base_run_id === undefined ? repeatsOf(judged) : undefined;
    const verdict = { ...judged.verdict, ...(repeats === undefined ? {} : { repeats }) };
    const is_final = verdict.is_final && repeats?.is_running !== true;
    if (base_run_id === undefined)
      await publishJudged(context.jetstream, { ...verdict, is_final }, judged.run.verdict ?? null);
    const metrics = verdict.metrics.slice(0, MAX_METRICS);
    const cut = verdict.metrics.length - metrics.length;
    return { ok: true, verdict: { ...verdict, is_final, metrics, left_out: verdict.left_out + cut } };
  } catch (error) {
    const message = `the aggregator can't be asked for what the verdict rests on: ${messageOf(error)}`;
    return { ok: false, issues: [{ path: '(message)', code: 'no_points', message }] };
  }
}

async function publishJudged(
  jetstream: JetStreamClient,
  verdict: RunVerdict,
  stored: StoredVerdict | null,
): Promise<void> {
  const data = judgedData(verdict, stored);
  if (data === undefined) return;
  const { run_id, summary: message } = verdict;
  const event = eventOf('run.judged', { run_id, at_ms: Date.now(), event_id: newRunId(), message, data });
  await publishEvent(jetstream, event, AbortSignal.timeout(10_000));
}

/** A run's verdict, with what decides whether any of it is measured again. */
interface Judged extends RepeatState {
  verdict: RunVerdict;
  run: RunRow;
  rounds: RunRow[];
}

/**
 * The verdict of a run as it stands now, with all its metrics. Undefined for a run that nobody knows.
 * @throws as `query` does
 */
export async function judgedRun(
  context: VerdictContext,
  { run_id, base_run_id }: VerdictRequest,
): Promise<Judged | undefined> {
  const { nats } = context;
  const [run] = (await query(nats, 'run', { run_id })).rows;
  if (run === undefined) return undefined;
  const { rows: rounds } = await query(nats, 'runs', { tag: `${REPEATS_TAG}=${run_id}`, limit: MAX_ROUNDS });
  const { results, histories, left_out } = await loadRunHistory(nats, run_id);
  const { rows: judged } = await query(nats, 'precision', { limit: 10_000 });
  const { levels, main_branches, detectionOf } = context.detection();
  const settingsOf = ({ benchmark, metric, pool }: ResultRow): VerdictSettings => {
    const { single } = detectionOf({ benchmark, metric });
    const feedback = judged.find((row) => row.metric === metric && row.pool === pool);
    return withFeedback({ single, levels, main_branches }, feedback ?? { acknowledged: 0, dismissed: 0 });
  };
  const is_final = run.state === 'finished';
  const gates = { request: await gateOf(nats, run_id), rules: await readGates(nats) };
  const repeated_by = rounds.map((round) => round.run_id);
  const asked = { run_id, base_run_id, results, histories, left_out, is_final, gates, repeated_by };
  return { verdict: judgeRun(asked, settingsOf), run, rounds, now: Date.now() };
}

async function unknownRun(nats: NatsConnection, run_ids: readonly string[]): Promise<Issue | undefined> {
  for (const [at, run_id] of run_ids.entries()) {
    const { rows } = await query(nats, 'run', { run_id });
    if (rows.length > 0) continue;
    const path = at === 0 ? 'run_id' : 'base_run_id';
    return noRun(run_id, path);
  }
  return undefined;
}

const noRun = (run_id: string, path: string): Issue => ({
  path,
  code: 'unknown_run',
  message: `there is no run ${run_id}: \`bw runs\` lists them`,
});

/** The gate as the run's request writes it; empty where it names none or was not kept. */
async function gateOf(nats: NatsConnection, run_id: string): Promise<WrittenGate> {
  const [row] = (await query(nats, 'request', { run_id })).rows;
  if (row === undefined || row.request === '') return {};
  const request: unknown = JSON.parse(row.request);
  const written = typeof request === 'object' && request !== null && 'gate' in request ? request.gate : {};
  const read = writtenGate.safeParse(written ?? {});
  return read.success ? read.data : {};
}
