import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface IngestMetrics {
  accepted: Counter;
  rejected: Counter;
  duplicates: Counter;
  tasks: Counter;
  cancelled: Counter;
  submit_seconds: Histogram;
}

export function createMetrics(registry: Registry): IngestMetrics {
  const counter = (name: string, help: string): Counter =>
    new Counter({ name: `benchwire_ingest_${name}_total`, help, registers: [registry] });
  return {
    accepted: counter('accepted', 'Requests that became a run'),
    rejected: counter('rejected', 'Requests that were refused'),
    duplicates: counter('duplicates', 'Requests whose request_id had been accepted before'),
    tasks: counter('tasks', 'Tasks of accepted requests'),
    cancelled: counter('cancelled', 'Cancellations that were stored'),
    submit_seconds: new Histogram({
      name: 'benchwire_ingest_submit_seconds',
      help: 'From the arrival of a request until its reply',
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1, 5],
      registers: [registry],
    }),
  };
}

/** Of the Kafka door alone; its requests count in IngestMetrics too. */
export interface KafkaMetrics {
  connected: Gauge;
  messages: Counter<'result'>;
}

export function createKafkaMetrics(registry: Registry): KafkaMetrics {
  return {
    connected: new Gauge({
      name: 'benchwire_kafka_connected',
      help: '1 while this instance is a member of the consumer group',
      registers: [registry],
    }),
    messages: new Counter({
      name: 'benchwire_ingest_kafka_messages_total',
      help: 'Messages of the request topic by what became of them: accepted, duplicate, rejected',
      labelNames: ['result'],
      registers: [registry],
    }),
  };
}
