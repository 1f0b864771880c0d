import { type BenchEvent, benchEvent, EVENTS_SUBJECTS, eventsOfRun } from '@benchwire/shared/contracts/event.ts';
import { FINDINGS_SUBJECTS, type Finding, finding } from '@benchwire/shared/contracts/finding.ts';
import { decodeMetricBatch, METRICS_SUBJECTS, metricBatch } from '@benchwire/shared/contracts/metrics.ts';
import { OUTCOMES_SUBJECTS, type Outcome, outcome, outcomesOfRun } from '@benchwire/shared/contracts/outcome.ts';
import { EVENTS, FINDINGS, OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { jetstream } from '@nats-io/jetstream';
import type { z } from 'zod';
import { tail } from '../connection/tail.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../errors.ts';
import { applyEvent, applyOutcome, emptyProgress, isOver, totalOf } from '../progress/run-progress.ts';
import { MetricSummary } from './metric-summary.ts';
import { eventLine, findingLine, outcomeLine, stamp } from './watch-lines.ts';

export interface Watching extends Running {
  /** For a run: resolves with the exit code when it is over. */
  finished: Promise<number>;
}

const SUMMARY_MS = 1000;
const ORDER_MS = 300;

/** Prints what the live streams say, of one run or of all. */
export function watchStreams(context: CliContext, nats: NatsConnection, run_id: string | undefined): Watching {
  const { out, style, json } = context;
  const { promise: finished, resolve } = Promise.withResolvers<number>();
  const progress = emptyProgress(run_id ?? '', 0);
  const client = jetstream(nats);
  const summary = new MetricSummary();

  // Several streams are read at once; a moment's wait puts what they say into the order in which it happened.
  const held: Array<{ at: string; text: string }> = [];
  const say = (): void => {
    const lines = held.splice(0).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    out.lines(lines.map(({ text }) => text));
  };
  const print = (
    stream: string,
    subject: string,
    at: string,
    message: object,
    line: () => string | undefined,
  ): void => {
    const text = json ? JSON.stringify({ stream, subject, at, ...message }) : line();
    if (text !== undefined) held.push({ at, text: json ? text : `${style.dim(stamp(at))}  ${text}` });
  };
  const check = (): void => {
    if (run_id === undefined || !isOver(progress)) return;
    const completed = progress.finished?.counts?.completed ?? progress.counts.completed;
    resolve(completed === totalOf(progress) ? EXIT.ok : EXIT.task_failed);
  };
  const sayMetrics = (): void => {
    for (const { at, line } of summary.take(style, run_id === undefined))
      held.push({ at, text: `${style.dim(stamp(at))}  ${line}` });
  };

  const read = <T extends object>(
    stream: string,
    filter: string,
    schema: z.ZodType<T>,
    onValue: (value: T, subject: string, sequence: number) => void,
  ) =>
    tail(client, {
      stream,
      filter,
      from: run_id === undefined ? 'new' : 'all',
      onMessage: (message) => {
        const parsed = parseJson(schema, message.data);
        if (parsed.ok) onValue(parsed.value, message.subject, message.seq);
        else
          context.err.line(
            style.yellow(`${message.subject} holds a message that can't be read: \`bw rejected\` says why`),
          );
      },
    });

  const withRun = run_id === undefined;
  const tails = [
    read<Outcome>(
      OUTCOMES.name,
      withRun ? OUTCOMES_SUBJECTS : outcomesOfRun(run_id),
      outcome,
      (value, subject, sequence) => {
        print('outcomes', subject, value.finished_at, value, () => outcomeLine(value, style, withRun));
        if (run_id !== undefined) applyOutcome(progress, sequence, value);
        check();
      },
    ),
    read<BenchEvent>(EVENTS.name, withRun ? EVENTS_SUBJECTS : eventsOfRun(run_id), benchEvent, (value, subject) => {
      print('events', subject, value.at, value, () =>
        // Demand is for autoscalers; a person sees it in `bw top`.
        value.kind === 'demand' ? undefined : eventLine(value, style, withRun),
      );
      if (run_id !== undefined) applyEvent(progress, value);
      check();
    }),
    read<Finding>(FINDINGS.name, FINDINGS_SUBJECTS, finding, (value, subject) => {
      if (run_id !== undefined && value.run_id !== run_id) return;
      print('findings', subject, value.detected_at, value, () => findingLine(value, style));
    }),
  ];
  const points = nats.subscribe(run_id === undefined ? METRICS_SUBJECTS : `bw.metrics.${run_id}.*`);
  void (async () => {
    for await (const message of points) {
      const parsed = metricBatch.safeParse(decoded(message.data));
      if (!parsed.success) continue;
      const at = new Date(context.now()).toISOString();
      if (json) print('metrics', message.subject, at, parsed.data, () => undefined);
      else summary.add(parsed.data, at);
    }
  })();
  const timers = [setInterval(sayMetrics, SUMMARY_MS), setInterval(say, ORDER_MS)];

  return {
    finished,
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      points.unsubscribe();
      await Promise.all(tails.map((each) => each.stop()));
      sayMetrics();
      say();
    },
  };
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return decodeMetricBatch(bytes);
  } catch {
    return undefined; // the aggregator puts it into REJECTED
  }
}
