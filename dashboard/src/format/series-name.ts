import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';

/** A series in words, short enough for a list: `resnet50 latency_ms, batch 8, fp32, cpu-x`. */
export function seriesName({ model, benchmark, metric, batch_size, precision, pool }: SeriesRow): string {
  return [
    `${modelName(model) || benchmark} ${metric}`,
    batch_size === null ? '' : `batch ${batch_size}`,
    precision,
    pool,
  ]
    .filter((part) => part !== '')
    .join(', ');
}
