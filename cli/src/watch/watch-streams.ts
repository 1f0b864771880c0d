import type { Client } from '@benchwire/shared/client/client.ts';
import type { WatchedMessage, WatchedStream } from '@benchwire/shared/client/watched.ts';
import { onStatus } from '@benchwire/shared/runtime/connection-status.ts';
import { CONNECTED_AGAIN, CONNECTION_LOST } from '../connection/words.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../errors.ts';
import { applyEvent, applyOutcome, emptyProgress, totalOf } from '../progress/run-progress.ts';
import { MetricSummary } from './metric-summary.ts';
import { eventLine, findingLine, outcomeLine, stamp } from './watch-lines.ts';

const SUMMARY_MS = 1000;
const ORDER_MS = 300;

/**
 * Prints what the streams say, of one run until it is over, or of all until the signal aborts.
 * @returns the exit code
 */
export async function watchStreams(
  context: CliContext,
  client: Client,
  run_id: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  const { out, err, style, json } = context;
  const progress = emptyProgress(run_id ?? '', 0);
  const summary = new MetricSummary();
  const withRun = run_id === undefined;

  // Metrics are summed up now and then; a moment's wait puts all lines into the order in which things happened.
  const held: Array<{ at: string; text: string }> = [];
  const hold = (at: string, line: string): void => void held.push({ at, text: `${style.dim(stamp(at))}  ${line}` });
  const say = (): void => {
    const lines = held.splice(0).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    out.lines(lines.map(({ text }) => text));
  };
  const sumUp = (): void => {
    for (const { at, line } of summary.take(style, withRun)) hold(at, line);
  };
  const print = ({ stream, subject, at, value }: WatchedMessage<WatchedStream>): void => {
    if (json) held.push({ at, text: JSON.stringify({ stream, subject, at, ...value }) });
    else if (stream === 'outcomes') hold(at, outcomeLine(value, style, withRun));
    else if (stream === 'events') {
      // Demand is for autoscalers; a person sees it in `bw top`.
      if (value.kind !== 'demand') hold(at, eventLine(value, style, withRun));
    } else if (stream === 'findings') hold(at, findingLine(value, style));
    else summary.add(value, at);
  };

  const timers = [setInterval(sumUp, SUMMARY_MS), setInterval(say, ORDER_MS)];
  const leave = onStatus(client.nats, ({ type }) => {
    if (type === 'disconnect') err.line(style.yellow(CONNECTION_LOST));
    else if (type === 'reconnect') err.line(CONNECTED_AGAIN);
  });
  try {
    for await (const message of await client.watch({ run_id, signal })) {
      if (message.stream === 'unreadable') {
        err.line(style.yellow(`${message.subject} holds a message that can't be read: \`bw rejected\` says why`));
        continue;
      }
      print(message);
      if (message.stream === 'outcomes') applyOutcome(progress, message.sequence, message.value);
      if (message.stream === 'events') applyEvent(progress, message.value);
    }
  } finally {
    leave();
    for (const timer of timers) clearInterval(timer);
    sumUp();
    say();
  }
  if (signal.aborted) return EXIT.interrupted;
  const completed = progress.finished?.counts?.completed ?? progress.counts.completed;
  return completed === totalOf(progress) ? EXIT.ok : EXIT.task_failed;
}
