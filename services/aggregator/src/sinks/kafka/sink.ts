import { finding } from '@benchwire/shared/contracts/finding.ts';
import { KAFKA_FINDINGS, KAFKA_METRICS, KAFKA_OUTCOMES } from '@benchwire/shared/contracts/kafka.ts';
import { parseMetricBatch } from '@benchwire/shared/contracts/metrics.ts';
import { outcome } from '@benchwire/shared/contracts/outcome.ts';
import { FINDINGS, METRICS, OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { Sink } from '../sink.ts';
import { KAFKA_DURABLE, type KafkaSinkOptions, publishStream } from './publish-stream.ts';

const outcomes = {
  stream: OUTCOMES,
  output: KAFKA_OUTCOMES,
  read: (bytes: Uint8Array) => parseJson(outcome, bytes),
  max_batch: 500,
};

const findings = {
  stream: FINDINGS,
  output: KAFKA_FINDINGS,
  read: (bytes: Uint8Array) => parseJson(finding, bytes),
  max_batch: 500,
};

const metrics = {
  stream: METRICS,
  output: KAFKA_METRICS,
  read: parseMetricBatch,
  // MessagePack in the stream, JSON in the topic, like everything there.
  encode: JSON.stringify,
  // Each may be as large as a message can be.
  max_batch: 50,
};

/** Outcomes and findings, and metrics where asked for, as Kafka topics. */
export function kafkaSink(options: KafkaSinkOptions, with_metrics: boolean): Sink {
  return {
    name: 'kafka',
    durable: KAFKA_DURABLE,
    consumers: {
      [OUTCOMES.name]: (context) => publishStream(context, options, outcomes),
      [FINDINGS.name]: (context) => publishStream(context, options, findings),
      ...(with_metrics ? { [METRICS.name]: (context) => publishStream(context, options, metrics) } : {}),
    },
  };
}
