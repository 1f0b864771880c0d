import type { MeasuredMemory } from '../samples/summary.ts';
import type { BatchMessage } from './messages.ts';
import type { ProviderName } from './providers.ts';

/** What memory can really be told of: the process's own, which is where a model on the CPU lives. */
export function memoryOf({ peak_rss_mb }: BatchMessage, provider: ProviderName): MeasuredMemory {
  if (provider === 'cpu' && peak_rss_mb !== null) return { memory_mb: peak_rss_mb, unavailable: {} };
  const reason =
    'ONNX Runtime for Node does not report the device memory in use; ' +
    `the host memory of the process peaked at ${Math.round(peak_rss_mb ?? 0)} MB`;
  return { memory_mb: null, unavailable: { memory_mb: reason } };
}
