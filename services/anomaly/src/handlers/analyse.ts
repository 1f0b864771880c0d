import { query } from '@benchwire/shared/client/query.ts';
import {
  ANALYSE_SUBJECT,
  type AnalyseReply,
  type AnalyseRequest,
  analyseRequest,
  type SeriesAnalysis,
} from '@benchwire/shared/contracts/anomaly.ts';
import { directionOf } from '@benchwire/shared/contracts/direction.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import { pointsOfMainLine } from '@benchwire/shared/verdict/base-points.ts';
import { TRUNK } from '@benchwire/shared/verdict/lines.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { type AnalysisContext, analyse } from '../decide/analyse.ts';
import type { Detection } from '../decide/detection.ts';

export interface AnalyseContext {
  log: Log;
  nats: NatsConnection;
  jetstream: JetStreamClient;
  /** How changes are looked for at this moment. */
  detection(): Detection;
}

/** Answers what is known of a series, from its points as the aggregator has them. Any replica can. */
export function answerAnalyses(context: AnalyseContext): Running {
  return respond<AnalyseRequest, AnalyseReply>(context.nats, context.jetstream, context.log, {
    subject: ANALYSE_SUBJECT,
    queue: 'anomaly',
    schema: analyseRequest,
    max_concurrent: 16,
    refuse: (issues) => ({ ok: false, issues }),
    handle: (question) => handle(context, question),
  });
}

async function handle(context: AnalyseContext, { series_id, points }: AnalyseRequest): Promise<AnalyseReply> {
  try {
    const { rows } = await query(context.nats, 'points', { series_id, limit: points });
    const [first] = rows;
    if (first === undefined) {
      const message = `there is no series ${series_id}: \`bw series\` lists them`;
      return { ok: false, issues: [{ path: 'series_id', code: 'unknown_series', message }] };
    }
    const { rows: precision } = await query(context.nats, 'precision', { limit: 10_000 });
    const judged = precision.find((row) => row.metric === first.metric && row.pool === first.pool);
    const { acknowledged = 0, dismissed = 0 } = judged ?? {};
    const { rows: findings } = await query(context.nats, 'findings', {
      archived: 'include',
      series_id,
      states: ['confirmed', 'acknowledged'],
      limit: 1000,
    });
    const confirmed = findings.filter(
      ({ kind }) => kind === 'regression' || kind === 'improvement' || kind === 'change',
    );
    const { metric, unit, better } = first;
    const direction = directionOf({ metric, unit, better: better === '' ? null : better });
    const worse = direction === 'lower_is_better' ? 1 : direction === 'higher_is_better' ? -1 : 0;
    const { levels, main_branches, detectionOf } = context.detection();
    const { single } = detectionOf(first);
    const question: AnalysisContext = { single, levels, judged: { acknowledged, dismissed }, confirmed, worse };
    // Branches have no levels: their points are not looked at, and the levels are told as places among all points.
    const trunk = pointsOfMainLine(rows, main_branches, TRUNK);
    const looked = trunk.length === 0 ? rows : trunk;
    return { ok: true, analysis: placedAmong(rows, looked, analyse(series_id, looked, question)) };
  } catch (error) {
    const message = `the aggregator can't be asked for the points: ${messageOf(error)}`;
    return { ok: false, issues: [{ path: '(message)', code: 'no_points', message }] };
  }
}

/** The analysis with its segments as places among all points of the series. */
function placedAmong<R>(all: readonly R[], looked: readonly R[], analysis: SeriesAnalysis): SeriesAnalysis {
  const newest = looked.slice(-analysis.points);
  const segments = analysis.segments.map((segment) => {
    const places = newest.slice(segment.from, segment.to).map((point) => all.indexOf(point));
    return { ...segment, from: Math.min(...places), to: Math.max(...places) + 1 };
  });
  return { ...analysis, points: all.length, segments };
}
