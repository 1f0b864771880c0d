import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';

/** A series in words, short enough for a list: `resnet50 latency_ms, batch 8, fp32, AMD EPYC · 2 cores`; without `poolName` the pool's id. */
export function seriesName(
  { model, benchmark, metric, batch_size, precision, pool }: SeriesRow,
  poolName: (pool: string) => string = (id) => id,
): string {
  return [
    `${modelName(model) || benchmark} ${metric}`,
    batch_size === null ? '' : `batch ${batch_size}`,
    precision,
    poolName(pool),
  ]
    .filter((part) => part !== '')
    .join(', ');
}
