import { decodeMetricBatch, type MetricBatch, metricBatch } from '@benchwire/shared/contracts/metrics.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { type Parsed, parseWith } from '@benchwire/shared/runtime/issues.ts';

/** Unpacks and checks a batch. */
export function readMetricBatch(bytes: Uint8Array): Parsed<MetricBatch> {
  let value: unknown;
  try {
    value = decodeMetricBatch(bytes);
  } catch (error) {
    return {
      ok: false,
      issues: [{ path: '(message)', code: 'invalid_msgpack', message: `not MessagePack: ${messageOf(error)}` }],
    };
  }
  return parseWith(metricBatch, value);
}
