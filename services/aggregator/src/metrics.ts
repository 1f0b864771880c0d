import type { ConsumeCounters } from '@benchwire/shared/runtime/consume.ts';
import type { KafkaProducer } from '@benchwire/shared/runtime/kafka-produce.ts';
import type { JetStreamManager } from '@nats-io/jetstream';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Sink } from './sinks/sink.ts';

/** The service's own metrics. */
export interface AggregatorMetrics {
  inserted(table: string, rows: number, seconds: number): void;
  counters(stream: string): ConsumeCounters;
  answered(query: string, ok: boolean, seconds: number): void;
}

const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Registers the metrics. */
export function createMetrics(registry: Registry): AggregatorMetrics {
  const registers = [registry];
  const rows = new Counter({
    name: 'benchwire_rows_written_total',
    help: 'Rows written to ClickHouse; samples_in counts metric columns',
    labelNames: ['table'],
    registers,
  });
  const inserts = new Histogram({
    name: 'benchwire_insert_seconds',
    help: 'Duration of one insert',
    labelNames: ['table'],
    buckets: SECONDS,
    registers,
  });
  const messages = new Counter({
    name: 'benchwire_messages_total',
    help: 'Messages by what became of them: ok, drop, dead_letter, retry',
    labelNames: ['stream', 'result'],
    registers,
  });
  const queries = new Histogram({
    name: 'benchwire_query_seconds',
    help: 'Duration of one answer to bw.query.*',
    labelNames: ['query', 'ok'],
    buckets: SECONDS,
    registers,
  });
  return {
    inserted: (table, count, seconds) => {
      rows.inc({ table }, count);
      inserts.observe({ table }, seconds);
    },
    counters: (stream) => {
      // From 0 on, or Prometheus would not see the first one as an increase.
      messages.inc({ stream, result: 'dead_letter' }, 0);
      return { handled: (result, count) => messages.inc({ stream, result }, count) };
    },
    answered: (query, ok, seconds) => queries.observe({ query, ok: String(ok) }, seconds),
  };
}

/** Of the Kafka sink. */
export function createKafkaMetrics(
  registry: Registry,
  producer: Pick<KafkaProducer, 'connected'>,
): Pick<AggregatorMetrics, 'counters'> {
  const messages = new Counter({
    name: 'benchwire_kafka_messages_total',
    help: 'Messages for Kafka by what became of them: ok, drop, dead_letter, retry',
    labelNames: ['stream', 'result'],
    registers: [registry],
  });
  new Gauge({
    name: 'benchwire_kafka_connected',
    help: '1 when Kafka took the last messages that were sent',
    registers: [registry],
    collect() {
      this.set(producer.connected ? 1 : 0);
    },
  });
  return { counters: (stream) => ({ handled: (result, count) => messages.inc({ stream, result }, count) }) };
}

/** Of sinks that are plug-ins. */
export function createPluginCounters(registry: Registry): (sink: string, stream: string) => ConsumeCounters {
  const messages = new Counter({
    name: 'benchwire_plugin_messages_total',
    help: 'Messages for sinks of plug-ins by what became of them: ok, drop, dead_letter, retry',
    labelNames: ['sink', 'stream', 'result'],
    registers: [registry],
  });
  return (sink, stream) => ({ handled: (result, count) => messages.inc({ sink, stream, result }, count) });
}

/** How far the consumers are behind, asked of the server at each scrape. */
export function showPending(registry: Registry, manager: JetStreamManager, sinks: readonly Sink[]): void {
  new Gauge({
    name: 'benchwire_consumer_pending',
    help: 'Messages in the stream that this consumer has not yet been given, as NATS counts them; nats-server 2.9 counts too many where messages in between are gone',
    labelNames: ['stream', 'sink'],
    registers: [registry],
    async collect() {
      for (const { name: sink, durable, consumers } of sinks) {
        for (const stream of Object.keys(consumers)) {
          try {
            this.set({ stream, sink }, (await manager.consumers.info(stream, durable)).num_pending);
          } catch {
            // Not known now is not 0.
            this.remove({ stream, sink });
          }
        }
      }
    },
  });
}
