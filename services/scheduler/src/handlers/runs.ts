import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { type RunMessage, runMessage } from '@benchwire/shared/contracts/run.ts';
import { RUNS } from '@benchwire/shared/contracts/streams.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { contentHashIssues } from '@benchwire/shared/runtime/content-hash.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { type Parsed, parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { HeldLease } from '@benchwire/shared/runtime/lease.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { type Reader, untilRead } from '@benchwire/shared/runtime/read-to-end.ts';
import { reject } from '@benchwire/shared/runtime/reject.ts';
import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { isLaterEpoch } from '../decide/epoch.ts';

const CONSUMER_PREFIX = 'scheduler-';
/** Messages stay unacked for as long as their run is open; redelivery in between would only repeat what is known. */
const ACK_WAIT_MS = 24 * 3_600_000;

export interface RunMessages extends Running, Reader {
  /** Resolves when everything has been folded that was in the stream at the start; rejects when it is stopped before. */
  caughtUp: Promise<void>;
  /** Takes a run's messages out of the stream: it is over. */
  ack(run_id: string): void;
}

export interface RunSink {
  /**
   * @param as_written - the message before defaults were filled in, which is smaller
   * @returns issues when the message cannot stand for a run
   */
  apply(message: RunMessage, as_written: () => unknown): Issue[];
  isOpen(run_id: string): boolean;
}

interface Parts {
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  lease: Pick<HeldLease, 'epoch' | 'newestEpoch'>;
  log: Log;
}

/**
 * Reads RUNS from its beginning. A fresh consumer gets every message that is not acked, which is exactly the open runs;
 * and taking the consumer away from a predecessor ends the predecessor's reading. A work queue has room for one, named
 * by its leader's epoch, so what a predecessor acks late is acked nowhere.
 * @throws BenchwireError FENCED when a later leader reads already
 */
export async function readRuns(parts: Parts, sink: RunSink): Promise<RunMessages> {
  const { jetstream, manager, lease, log } = parts;
  const consumerName = `${CONSUMER_PREFIX}${lease.epoch}`;
  await deletePredecessors(manager, lease, log);
  await manager.consumers.add(RUNS.name, {
    durable_name: consumerName,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: ACK_WAIT_MS * 1_000_000,
    max_ack_pending: -1,
  });
  /** Everything up to it was folded. */
  let position = 0;

  const unacked = new Map<string, JsMsg[]>();
  const stopping = new AbortController();
  let messages: ConsumerMessages | undefined;

  const handle = async (message: JsMsg): Promise<void> => {
    const changed = contentHashIssues(message.data, (name) => message.headers?.get(name));
    const parsed: Parsed<RunMessage> =
      changed.length > 0 ? { ok: false, issues: changed } : parseJson(runMessage, message.data);
    const issues = parsed.ok ? sink.apply(parsed.value, () => message.json()) : parsed.issues;
    if (!parsed.ok || issues.length > 0) {
      log.error({ subject: message.subject, issues: issues.slice(0, 3) }, 'a message in RUNS is no run; rejected');
      const id = `${RUNS.name}.${message.seq}`;
      await reject(jetstream, 'run', { subject: message.subject, raw: message.data, id }, issues, stopping.signal);
      message.ack();
    } else if (sink.isOpen(parsed.value.run_id)) {
      const list = unacked.get(parsed.value.run_id) ?? [];
      list.push(message);
      unacked.set(parsed.value.run_id, list);
    } else {
      // A decision about a run that is over.
      message.ack();
    }
  };

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      try {
        const consumer = await jetstream.consumers.get(RUNS.name, consumerName);
        messages = await consumer.consume({ max_messages: 1000, expires: 5000 });
        if (stopping.signal.aborted) await messages.close();
        for await (const message of messages) {
          await handle(message);
          position = Math.max(position, message.seq);
        }
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ err: error }, 'reading RUNS failed, trying again');
        await pause(300, stopping.signal);
      }
    }
  })();

  const reader = { stream: RUNS.name, position: () => position };
  const caughtUp = untilRead(manager, reader, stopping.signal);
  // Whoever waits for it hears of it; nobody does once this is stopped.
  caughtUp.catch(() => undefined);
  return {
    ...reader,
    caughtUp,
    ack: (run_id) => {
      for (const message of unacked.get(run_id) ?? []) message.ack();
      unacked.delete(run_id);
    },
    stop: async () => {
      stopping.abort();
      await messages?.close();
      await loop;
    },
  };
}

async function deletePredecessors(manager: JetStreamManager, lease: Parts['lease'], log: Log): Promise<void> {
  for (const { name } of await Array.fromAsync(manager.consumers.list(RUNS.name))) {
    const other = name.startsWith(CONSUMER_PREFIX) ? name.slice(CONSUMER_PREFIX.length) : '';
    if (isLaterEpoch(other, lease.epoch)) {
      if (!isLaterEpoch(other, await lease.newestEpoch()))
        throw new BenchwireError('FENCED', `RUNS is read by a later leader (${other}) than this one (${lease.epoch})`);
      log.error({ consumer: name }, 'RUNS has a consumer that no scheduler can have made; it is removed');
    }
    try {
      await manager.consumers.delete(RUNS.name, name);
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.status !== 404) throw error;
    }
  }
}
