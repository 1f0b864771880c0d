import { benchEvent } from '@benchwire/shared/contracts/event.ts';
import { finding, findingMessageId } from '@benchwire/shared/contracts/finding.ts';
import { outcome, outcomeMessageId } from '@benchwire/shared/contracts/outcome.ts';
import type { SinkStream } from '@benchwire/shared/contracts/plugin-kinds.ts';
import { EVENTS, FINDINGS, OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import type { PluginRecord } from '@benchwire/shared/plugins/plugin.ts';
import { PluginError } from '@benchwire/shared/plugins/plugin-error.ts';
import type { PluginHost } from '@benchwire/shared/plugins/plugin-host.ts';
import { type ConsumeCounters, consume, type HandlerResult, type Running } from '@benchwire/shared/runtime/consume.ts';
import { type Parsed, parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { Sink, SinkContext } from '../sink.ts';
import { ACK_WAIT_MS, type Target, writeBatch } from '../write-batch.ts';

const MAX_BATCH = 100;

const withId =
  <T>(id: (value: T) => string) =>
  (parsed: Parsed<T>): Pick<PluginRecord, 'id' | 'value'> | undefined =>
    parsed.ok ? { id: id(parsed.value), value: parsed.value as Record<string, unknown> } : undefined;

/** What a sink can get: the stream, and its messages with the id that stays the same. */
const STREAMS: Readonly<
  Record<SinkStream, { stream: string; read(bytes: Uint8Array): Pick<PluginRecord, 'id' | 'value'> | undefined }>
> = {
  outcomes: { stream: OUTCOMES.name, read: (bytes) => withId(outcomeMessageId)(parseJson(outcome, bytes)) },
  findings: { stream: FINDINGS.name, read: (bytes) => withId(findingMessageId)(parseJson(finding, bytes)) },
  events: {
    stream: EVENTS.name,
    read: (bytes) => withId(({ event_id }: { event_id: string }) => event_id)(parseJson(benchEvent, bytes)),
  },
};

export interface PluginSinkOptions {
  host: PluginHost;
  counters: (sink: string, stream: string) => ConsumeCounters;
}

/**
 * Hands streams to a plug-in, each through a durable consumer of its own: at least once, acked when `write` has returned. What it throws is
 * tried again with backoff; where it hangs or leaks its process is ended, and the next try starts another.
 */
export function pluginSink({ host, counters }: PluginSinkOptions): Sink {
  const { name, streams = [] } = host.plugin;
  const durable = `aggregator-plugin-${name}`;
  return {
    name,
    durable,
    consumers: Object.fromEntries(
      streams.map((each) => [
        STREAMS[each].stream,
        (context: SinkContext) => consumeFor(host, each, durable, counters(name, STREAMS[each].stream), context),
      ]),
    ),
  };
}

function consumeFor(
  host: PluginHost,
  name: SinkStream,
  durable: string,
  counters: ConsumeCounters,
  { manager, jetstream, log, signal }: SinkContext,
): Promise<Running> {
  const { stream, read } = STREAMS[name];
  const target: Target = {
    name: `the sink ${host.plugin.name}`,
    refusal: (error) =>
      error instanceof PluginError && !error.retriable ? { code: 'plugin_refused', message: error.message } : undefined,
  };
  const write = async (records: readonly PluginRecord[]): Promise<void> => {
    await host.call('write', { records }, { signal });
  };
  return consume<PluginRecord | undefined>(manager, jetstream, log, {
    ...{ stream, durable, where: 'plugin', counters, max_batch: MAX_BATCH, max_wait_ms: 1000 },
    // A call that hangs is ended before its messages come again.
    ack_wait_ms: host.plugin.seconds * 1000 + ACK_WAIT_MS,
    // What cannot be read is in REJECTED already: by the consumer that writes ClickHouse.
    parse: (message) => {
      const record = read(message.data);
      return { ok: true, value: record === undefined ? undefined : { stream: name, ...record } };
    },
    handle: async (batch) => {
      const records = batch.flatMap(({ value }) => (value === undefined ? [] : [value]));
      const written = records.length === 0 ? [] : await writeBatch(records, write, target, { log, signal });
      let next = 0;
      return batch.map(
        ({ value }): HandlerResult =>
          value === undefined ? { kind: 'drop', reason: 'cannot be read' } : (written[next++] as HandlerResult),
      );
    },
  });
}
