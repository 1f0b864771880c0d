import { type Finding, findingMessageId } from './finding.ts';
import { type MetricBatch, metricBatchId } from './metrics.ts';
import { type Outcome, outcomeMessageId } from './outcome.ts';

/**
 * Kafka, in and out; used only where KAFKA_BROKERS is set. Values are JSON in the formats of the other contracts.
 * docs/kafka.md tells a user the same.
 */

/** Requests, one a message, read by ingest. Any key: what has the same key is accepted in order. */
export const KAFKA_REQUESTS = 'benchwire.requests';
/** What could not be accepted: key, value and headers as they came, with the headers below added. */
export const KAFKA_REJECTED = 'benchwire.requests.rejected';

export const KAFKA_HEADERS = {
  /** The same for every copy of a message: to tell them apart by, since delivery is at least once. */
  id: 'benchwire-id',
  /** On rejected requests: JSON, a list of issues. */
  errors: 'benchwire-errors',
  /** On rejected requests: ISO 8601. */
  rejected_at: 'benchwire-rejected-at',
} as const;

/** Where a message stands in Kafka. It is also the request_id of a request that brings none. */
export function kafkaPlace(message: { topic: string; partition: number; offset: string }): string {
  return `${message.topic}-${message.partition}-${message.offset}`;
}

/** A topic that the aggregator writes. What has the same key keeps its order. */
export interface KafkaOutput<T> {
  topic: string;
  key(value: T): string;
  /** The stream's own message id, as header `benchwire-id`. */
  id(value: T): string;
}

export const KAFKA_OUTCOMES: KafkaOutput<Outcome> = {
  topic: 'benchwire.outcomes',
  key: (outcome) => outcome.run_id,
  id: outcomeMessageId,
};

export const KAFKA_FINDINGS: KafkaOutput<Finding> = {
  topic: 'benchwire.findings',
  key: (finding) => finding.series_id,
  id: findingMessageId,
};

/** Only with KAFKA_METRICS. */
export const KAFKA_METRICS: KafkaOutput<MetricBatch> = {
  topic: 'benchwire.metrics',
  key: (batch) => batch.run_id,
  id: metricBatchId,
};
