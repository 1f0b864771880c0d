import { tail } from '@benchwire/shared/client/tail.ts';
import { type BenchEvent, benchEvent, eventsOfRun } from '@benchwire/shared/contracts/event.ts';
import { decodeMetricBatch, metricBatch } from '@benchwire/shared/contracts/metrics.ts';
import { outcome, outcomesOfRun } from '@benchwire/shared/contracts/outcome.ts';
import { EVENTS, OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { jetstream } from '@nats-io/jetstream';
import { applyMetrics, type Measuring } from './measured-share.ts';
import {
  applyEvent,
  applyOutcome,
  emptyProgress,
  type KeptOutcome,
  missingOutcomes,
  type RunProgress,
} from './run-progress.ts';

export interface FollowOptions {
  run_id: string;
  promised: number;
  /** Whether to read the metrics too; only a view of single tasks needs them. */
  metrics: boolean;
  onFinal: (outcome: KeptOutcome) => void;
  /** No pool can take the task (and those that need the same) as things are. */
  onWaiting: (event: BenchEvent) => void;
  onConnection: (connected: boolean) => void;
}

export interface Follower {
  progress: RunProgress;
  measuring: ReadonlyMap<string, Measuring>;
  /** Resolves when the run is over; `missing` outcomes are those that the streams no longer hold. */
  over: Promise<{ missing: number }>;
  stop(): Promise<void>;
}

/** After the `finished` event the outcomes are a moment away at most, unless they were dropped from the stream. */
const GRACE_MS = 10_000;

/**
 * Follows a run from its beginning: the streams keep what was said before, so nothing is missed however late this
 * starts, and a lost connection only delays.
 */
export function followRun(nats: NatsConnection, options: FollowOptions): Follower {
  const { run_id, onFinal } = options;
  const progress = emptyProgress(run_id, options.promised);
  const measuring = new Map<string, Measuring>();
  const { promise: over, resolve } = Promise.withResolvers<{ missing: number }>();
  let grace: NodeJS.Timeout | undefined;

  const check = (): void => {
    const missing = missingOutcomes(progress);
    if (missing === 0) resolve({ missing });
    else if (missing !== undefined)
      grace ??= setTimeout(() => resolve({ missing: missingOutcomes(progress) ?? 0 }), GRACE_MS);
  };

  const client = jetstream(nats);
  const tails = [
    tail(client, {
      stream: OUTCOMES.name,
      filter: outcomesOfRun(run_id),
      from: 'all',
      onMessage: (message) => {
        const parsed = parseJson(outcome, message.data);
        if (!parsed.ok) return; // whoever needs it puts it into REJECTED
        const final = applyOutcome(progress, message.seq, parsed.value);
        if (final === undefined) return;
        measuring.delete(final.task_id);
        onFinal(final);
        check();
      },
    }),
    tail(client, {
      stream: EVENTS.name,
      filter: eventsOfRun(run_id),
      from: 'all',
      onMessage: (message) => {
        const parsed = parseJson(benchEvent, message.data);
        if (!parsed.ok || !applyEvent(progress, parsed.value)) return;
        if (parsed.value.kind === 'waiting_for_pool') options.onWaiting(parsed.value);
        check();
      },
    }),
  ];
  // Points only feed the bars: those that were missed do no harm, so the live subject is enough.
  const points = options.metrics ? nats.subscribe(`bw.metrics.${run_id}.*`) : undefined;
  void (async () => {
    for await (const message of points ?? []) {
      const batch = metricBatch.safeParse(decoded(message.data));
      if (!batch.success) continue;
      const state = applyMetrics(measuring.get(batch.data.task_id), batch.data);
      if (state !== undefined) measuring.set(batch.data.task_id, state);
    }
  })();
  void (async () => {
    for await (const status of nats.status()) {
      if (status.type === 'disconnect') options.onConnection(false);
      else if (status.type === 'reconnect') options.onConnection(true);
    }
  })();

  return {
    progress,
    measuring,
    over,
    stop: async () => {
      clearTimeout(grace);
      points?.unsubscribe();
      await Promise.all(tails.map((each) => each.stop()));
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
