import type { MeasuredMemory } from '../samples/summary.ts';
import type { BatchMessage } from './messages.ts';
import type { ProviderName } from './providers.ts';

/** What memory can really be told of: the process's own, which is where a model on the CPU lives. */
export function memoryOf(batch: BatchMessage, provider: ProviderName): MeasuredMemory {
  if (provider === 'cpu') return { memory_mb: batch.peak_rss_mb, unavailable: {} };
  const reason =
    'ONNX Runtime for Node does not report the device memory in use; ' +
    `the host memory of the process peaked at ${Math.round(batch.peak_rss_mb)} MB`;
  return { memory_mb: null, unavailable: { memory_mb: reason } };
}
