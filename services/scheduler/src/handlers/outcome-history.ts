import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { scanStream } from '@benchwire/shared/runtime/read-to-end.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { RunTimeFacts } from '../run-times/run-time-learner.ts';
import { outcomeFacts } from './outcomes.ts';

/** An outcome may carry logs: fewer are read when they are large. */
const MAX_BYTES = 64 * 1024 ** 2;

interface HistoryOptions {
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  log: Log;
}

/**
 * Reads the last outcomes before a place in OUTCOMES, for what they teach: those of runs that are over, which nothing
 * else reads again. Runs beside everything else, since a leader must not wait for it; what cannot be read is left out.
 */
export function readHistory(
  options: HistoryOptions,
  { before_sequence, max_outcomes }: { before_sequence: number; max_outcomes: number },
  learn: (outcome: RunTimeFacts, sequence: number) => void,
): Running {
  const { nats, jetstream: client, manager, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;

  const read = async (): Promise<void> => {
    const { state } = await manager.streams.info(OUTCOMES.name);
    const bytes_each = state.bytes / Math.max(1, state.messages);
    const count = Math.floor(Math.min(max_outcomes, MAX_BYTES / Math.max(1, bytes_each)));
    const from = Math.max(state.first_seq, before_sequence - count);
    if (from >= before_sequence) return;
    const began = performance.now();
    const past = { stream: OUTCOMES.name, from, to: before_sequence - 1, signal };
    for await (const message of scanStream({ nats, client, manager }, past)) {
      const parsed = parseJson(outcomeFacts, message.data);
      if (parsed.ok) learn(parsed.value, message.seq);
    }
    log.debug({ from, before_sequence, ms: Math.round(performance.now() - began) }, 'learned run times from the past');
  };

  const reading = read().catch((error: unknown) => {
    if (!signal.aborted)
      log.warn({ reason: messageOf(error) }, 'could not read past run times; new outcomes teach them again');
  });
  return {
    stop: async () => {
      stopping.abort();
      await reading;
    },
  };
}
