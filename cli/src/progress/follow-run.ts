import type { Client } from '@benchwire/shared/client/client.ts';
import type { BenchEvent } from '@benchwire/shared/contracts/event.ts';
import { onStatus } from '@benchwire/shared/runtime/connection-status.ts';
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
  /** An event that says something about the progress. */
  onEvent: (event: BenchEvent) => void;
  onConnection: (connected: boolean) => void;
}

export interface Follower {
  progress: RunProgress;
  measuring: ReadonlyMap<string, Measuring>;
  /**
   * Resolves when the run is over; `missing` outcomes are those that the streams no longer hold.
   * @throws ClientError as `watch` does
   */
  over: Promise<{ missing: number }>;
  stop(): Promise<void>;
}

/**
 * Follows a run from its beginning: the streams keep what was said before, so nothing is missed however late this
 * starts, and a lost connection only delays.
 */
export function followRun(client: Client, options: FollowOptions): Follower {
  const progress = emptyProgress(options.run_id, options.promised);
  const measuring = new Map<string, Measuring>();
  const stopping = new AbortController();
  const leave = onStatus(client.nats, ({ type }) => {
    if (type === 'disconnect') options.onConnection(false);
    else if (type === 'reconnect') options.onConnection(true);
  });
  const over = follow(client, options, progress, measuring, stopping.signal);
  return {
    progress,
    measuring,
    over,
    stop: async () => {
      leave();
      stopping.abort();
      await over.catch(() => undefined); // the code that waits for it has it
    },
  };
}

async function follow(
  client: Client,
  { run_id, metrics, onFinal, onEvent }: FollowOptions,
  progress: RunProgress,
  measuring: Map<string, Measuring>,
  signal: AbortSignal,
): Promise<{ missing: number }> {
  const streams = metrics ? (['outcomes', 'events', 'metrics'] as const) : (['outcomes', 'events'] as const);
  for await (const message of await client.watch({ run_id, streams, signal })) {
    switch (message.stream) {
      case 'outcomes': {
        const final = applyOutcome(progress, message.sequence, message.value);
        if (final === undefined) break;
        measuring.delete(final.task_id);
        onFinal(final);
        break;
      }
      case 'events':
        if (applyEvent(progress, message.value)) onEvent(message.value);
        break;
      case 'metrics': {
        const { task_id } = message.value;
        const state = applyMetrics(measuring.get(task_id), message.value);
        if (state !== undefined) measuring.set(task_id, state);
        break;
      }
      case 'unreadable': // the aggregator has put it into REJECTED
        break;
      default:
        message satisfies never;
    }
  }
  return { missing: missingOutcomes(progress) ?? 0 };
}
