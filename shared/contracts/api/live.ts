import { z } from 'zod';
import { benchEvent } from '../event.ts';
import { finding } from '../finding.ts';
import type { Problem } from '../http.ts';
import { MAX_TOPIC_STREAMS } from '../limits.ts';
import { metricBatch } from '../metrics.ts';
import { outcome } from '../outcome.ts';
import { seriesAggregate } from '../series-aggregate.ts';
import { schedulerStatus } from '../status.ts';
import { heartbeat } from '../worker.ts';

/** The WebSockets of the HTTP API; both need the role viewer. One says what is live, by topic. */
export const LIVE_PATH = '/api/ws';
/** One says a run's `benchmarkStatus`, at once and after each change, and a problem before it closes with an error. */
export const BENCHMARK_SOCKET_PATH = '/api/benchmark/ws/:run_id';

/** What a client says on `/api/ws`, as JSON text. */
export const liveRequest = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('subscribe'),
    id: z.string().min(1).max(64),
    /** `run:<run_id>`, `metrics:<run_id>`, `events`, `findings`, `status`, `heartbeats`, `rejected`, `aggregates`, `aggregates:<series_id>` */
    topic: z.string().min(1).max(128),
    /** The last sequence seen of each stream: go on behind it. */
    from: z
      .record(z.string().max(64), z.int().min(0))
      .refine((from) => Object.keys(from).length <= MAX_TOPIC_STREAMS, `names more than ${MAX_TOPIC_STREAMS} streams`)
      .optional(),
  }),
  z.strictObject({ op: z.literal('unsubscribe'), id: z.string().min(1).max(64) }),
  z.strictObject({ op: z.literal('ping') }),
]);
export type LiveRequest = z.infer<typeof liveRequest>;

/** What a message of a topic holds, by its kind. */
export const LIVE_DATA = {
  event: benchEvent,
  outcome,
  metrics: metricBatch,
  finding,
  status: schedulerStatus,
  heartbeats: heartbeat,
  /** What it was is in REJECTED: `GET /api/rejected`. */
  rejected: z.object({ subject: z.string() }),
  /** Since 0.6. */
  aggregates: seriesAggregate,
} as const;
export type LiveKind = keyof typeof LIVE_DATA;

/** A message of a topic. `sequence` is `STREAM:number`, null for what no stream keeps. */
export type LiveMessage<Kind extends LiveKind = LiveKind> = {
  [Each in Kind]: {
    id: string;
    topic: string;
    kind: Each;
    sequence: string | null;
    data: z.output<(typeof LIVE_DATA)[Each]>;
  };
}[Kind];

/** What the server says beside messages. */
export type LiveNotice =
  | { op: 'subscribed'; id: string }
  | { op: 'pong' }
  | { op: 'heartbeat'; at: string }
  | { op: 'lagging'; id: string; dropped: number }
  | { op: 'error'; id?: string; problem: Problem };
