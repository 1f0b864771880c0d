import { readEvent } from '@benchwire/shared/contracts/event.ts';
import { finding } from '@benchwire/shared/contracts/finding.ts';
import { EVENTS, FINDINGS, type StreamDefinition } from '@benchwire/shared/contracts/streams.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { LimitedLog } from '@benchwire/shared/runtime/limited-log.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { untilRead } from '@benchwire/shared/runtime/read-to-end.ts';
import { Slice } from '@benchwire/shared/runtime/slices.ts';
import { type JetStream, Tail } from '@benchwire/shared/runtime/tail.ts';
import type { JsMsg } from '@nats-io/jetstream';
import type { AlertBook } from '../decide/alert.ts';
import { findingAlert } from '../decide/finding-alert.ts';
import { FleetAlerts } from '../decide/fleet-alert.ts';

export interface Following extends Running {
  /** Resolves when everything that was stored at the start is in the book. */
  known: Promise<void>;
}

/** Folds FINDINGS and EVENTS into the book of alerts, from their beginning and on. */
export function followAlerts(jetstream: JetStream, book: AlertBook, log: Log): Following {
  const fleet = new FleetAlerts(book);
  const stopping = new AbortController();
  const limited = new LimitedLog(log);
  const follow = (stream: StreamDefinition, take: (message: JsMsg) => void) => {
    let position = 0;
    const done = (async () => {
      const tail = new Tail(jetstream, {
        ...{ stream: stream.name, filter: '>', from: { after: 0 }, max_buffered: 1000, signal: stopping.signal },
        onError: (error) =>
          limited.warn({ err: error, stream: stream.name }, 'following a stream failed, trying again'),
      });
      const slice = new Slice();
      for await (const { item } of tail) {
        if (item === undefined) continue;
        take(item);
        position = item.seq;
        await slice.rest();
      }
    })();
    const known = untilRead(jetstream.manager, { stream: stream.name, position: () => position }, stopping.signal);
    known.catch(() => undefined);
    return { done, known };
  };
  const followed = [
    // What cannot be read, the aggregator keeps in REJECTED.
    follow(FINDINGS, ({ data }) => {
      const parsed = parseJson(finding, data);
      if (parsed.ok) book.put(findingAlert(parsed.value));
    }),
    follow(EVENTS, ({ data, subject, seq }) => {
      if (!fleet.concerns(subject, data)) return;
      const parsed = readEvent(data, subject);
      if (parsed.ok) fleet.take(parsed.value, seq);
    }),
  ];
  return {
    known: Promise.all(followed.map(({ known }) => known)).then(() => undefined),
    stop: async () => {
      stopping.abort();
      await Promise.all(followed.map(({ done }) => done));
    },
  };
}
