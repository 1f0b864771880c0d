import { ClientError } from '@benchwire/shared/client/errors.ts';
import { readGates } from '@benchwire/shared/client/gates.ts';
import { query } from '@benchwire/shared/client/query.ts';
import { submit } from '@benchwire/shared/client/submit.ts';
import { type BenchEvent, benchEvent, eventName } from '@benchwire/shared/contracts/event.ts';
import type { GateRule } from '@benchwire/shared/contracts/gate.ts';
import { measuredFiles } from '@benchwire/shared/contracts/provenance.ts';
import type { Request } from '@benchwire/shared/contracts/request.ts';
import { EVENTS } from '@benchwire/shared/contracts/streams.ts';
import { acceptedRequest } from '@benchwire/shared/runtime/accepted-request.ts';
import { consume, type HandlerResult, OK, type Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { type NextRepeat, nextRepeat, REPEATS_TAG } from '@benchwire/shared/verdict/repeats.ts';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { type MeasuredBy, repeatRequest } from '../decide/repeat-request.ts';
import { judgedRun, type VerdictContext } from './verdict.ts';

export interface RepeatContext extends VerdictContext {
  manager: JetStreamManager;
}

/** How long until the aggregator is asked again for what it has not stored yet. */
const AGAIN_MS = 500;

/**
 * Measures again what a run could not tell, where its gate says `on_cannot_tell: repeat`: each end of a run, and of a run that
 * repeats it, asks for the next round, until there is none. A durable consumer and requests with an id of their own make each round
 * once, no matter which replica is restarted meanwhile.
 */
export async function repeatWhatCannotBeTold(context: RepeatContext): Promise<Running> {
  return await consume<BenchEvent>(context.manager, context.jetstream, context.log, {
    stream: EVENTS.name,
    durable: 'anomaly-repeats',
    filter: 'bw.event.run.*',
    where: 'event',
    deliver: 'new',
    parse: (message) => parseJson(benchEvent, message.data),
    handle: async (batch) => {
      const results: HandlerResult[] = [];
      let rules: readonly GateRule[] | undefined;
      for (const { value } of batch) {
        if (eventName(value) !== 'run.finished' || value.run_id === null) {
          results.push(OK);
          continue;
        }
        rules ??= await readGates(context.nats).catch(() => []);
        results.push(await afterRun(context, value.run_id, rules));
      }
      return results;
    },
    max_batch: 20,
    max_wait_ms: 50,
  });
}

async function afterRun(context: RepeatContext, ended: string, rules: readonly GateRule[]): Promise<HandlerResult> {
  const { manager, nats, log } = context;
  const again: HandlerResult = { kind: 'retry', after_ms: AGAIN_MS, reason: 'the run is not stored yet' };
  const request = await acceptedRequest(manager, ended);
  if (request === undefined) return OK;
  const run_id = request.tags[REPEATS_TAG] ?? ended;
  if (run_id === ended && !mayRepeat(request, rules)) return OK;
  try {
    const state = await judgedRun(context, { run_id });
    if (state === undefined) return OK;
    const { run, rounds } = state;
    // What has ended may not be stored yet.
    if (run.state !== 'finished') return again;
    if (run_id !== ended && !rounds.some((each) => each.run_id === ended && each.state === 'finished')) return again;
    const next = nextRepeat(state);
    if (next === null) return OK;
    const first = run_id === ended ? request : await acceptedRequest(manager, run_id);
    const round =
      first === undefined ? undefined : repeatRequest(run_id, first, next, await measuredBy(nats, run_id, next));
    if (round === undefined) return OK;
    const submitted = await submit(nats, round);
    log.info(
      { run_id, round: next.round, runs: next.runs, repeats: submitted.run_id },
      'measures again what it cannot tell',
    );
    return OK;
  } catch (error) {
    const isRefused = error instanceof ClientError && !error.retriable;
    log.warn({ run_id, reason: messageOf(error) }, 'could not measure again what a run cannot tell');
    return isRefused ? OK : again;
  }
}

/** By task of the round. */
async function measuredBy(
  nats: NatsConnection,
  run_id: string,
  { metrics }: NextRepeat,
): Promise<Map<string, MeasuredBy>> {
  const by = new Map<string, MeasuredBy>();
  for (const task_id of new Set(metrics.map((metric) => metric.task_id))) {
    const { rows } = await query(nats, 'outcomes', { run_id, task_id });
    const measured = rows.findLast(({ status }) => status === 'completed');
    if (measured === undefined) continue;
    by.set(task_id, { worker_id: measured.worker_id ?? '', files: measuredFiles(measured.environment) });
  }
  return by;
}

/** Without the server's rules for single benchmarks this needs no look at what was measured. */
function mayRepeat({ gate }: Request, rules: readonly GateRule[]): boolean {
  return gate?.on_cannot_tell === 'repeat' || rules.some((rule) => rule.gate.on_cannot_tell === 'repeat');
}
