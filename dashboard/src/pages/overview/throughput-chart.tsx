import type { ThroughputBucket } from '@benchwire/shared/contracts/api/measurements.ts';
import { useComputedColorScheme } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { picturesOf } from '../../charts/chart-files.ts';
import { chartColours } from '../../charts/colours.ts';
import { formatCount, formatNumber } from '../../format/numbers.ts';
import { formatClock } from '../../format/times.ts';
import { ExportMenu } from '../../parts/export-menu.tsx';
import { Empty } from '../../parts/states.tsx';
import { barsOf, finishedIn, STATUSES, type Status } from './throughput.ts';
import { throughputOption } from './throughput-option.ts';

const [WIDTH, HEIGHT] = [600, 150];

interface ThroughputChartProps {
  buckets: readonly ThroughputBucket[];
  minutes: number;
}

/**
 * Stacked bars of finished tasks by how they ended, over the last so many minutes. Drawn without the chart library, which would be
 * half of what the overview loads.
 */
export function ThroughputChart({ buckets, minutes }: ThroughputChartProps): ReactNode {
  const colours = chartColours(useComputedColorScheme('light'));
  const [pointed, setPointed] = useState<ThroughputBucket>();
  const total = buckets.reduce((sum, bucket) => sum + finishedIn(bucket), 0);
  if (total === 0) return <Empty title="No tasks finished in this period" />;
  const now = Date.now();
  const { bars, top } = barsOf(buckets, now - minutes * 60_000, now);
  const shown = STATUSES.filter((status) => status === 'completed' || buckets.some((bucket) => bucket[status] > 0));
  const description = `Finished tasks per minute by status, ${total} in all`;
  const pictures = picturesOf(
    () => throughputOption(buckets, shown, colours),
    colours,
    () => ({ width: 600, height: 220 }),
  );
  return (
    <div className="bw-chart bw-throughput">
      <ExportMenu
        of={description}
        table={() => ({ columns: ['at', 'seconds', ...STATUSES], rows: buckets.map((bucket) => ({ ...bucket })) })}
        pictures={pictures}
      />
      <Legend shown={shown} colours={colours.status} pointed={pointed} />
      <div className="bw-throughput-plot">
        <span className="bw-dim">{formatNumber(top)} per minute</span>
        {/* Its numbers are in the export; a pointer shows those of one bar. */}
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={description}>
          {[0, 0.5, 1].map((part) => (
            <line key={part} x1={0} x2={WIDTH} y1={part * HEIGHT} y2={part * HEIGHT} stroke={colours.line} />
          ))}
          {bars.map(({ bucket, x, width, parts }) => (
            <g key={bucket.at} onPointerEnter={() => setPointed(bucket)} onPointerLeave={() => setPointed(undefined)}>
              <rect x={x * WIDTH} width={width * WIDTH} y={0} height={HEIGHT} fill="transparent" />
              {parts.map(({ status, y, height }) => (
                <rect
                  key={status}
                  x={(x + width * 0.1) * WIDTH}
                  width={width * 0.8 * WIDTH}
                  y={y * HEIGHT}
                  height={height * HEIGHT}
                  fill={colours.status[status]}
                />
              ))}
            </g>
          ))}
        </svg>
        <div className="bw-throughput-times bw-dim">
          {[1, 0.5, 0].map((part) => (
            <span key={part}>{formatClock(new Date(now - part * minutes * 60_000).toISOString())}</span>
          ))}
        </div>
      </div>
    </div>
  );
}

interface LegendProps {
  shown: readonly Status[];
  colours: Readonly<Record<Status, string>>;
  pointed: ThroughputBucket | undefined;
}

/** What the colours mean, and the numbers of the bar under the pointer. */
function Legend({ shown, colours, pointed }: LegendProps): ReactNode {
  return (
    <div className="bw-throughput-legend">
      {shown.map((status) => (
        <span key={status}>
          <svg width={10} height={10} aria-hidden="true">
            <rect width={10} height={10} rx={2} fill={colours[status]} />
          </svg>
          {status.replace('_', ' ')}
          {pointed === undefined ? '' : ` ${formatCount(pointed[status])}`}
        </span>
      ))}
      {pointed !== undefined && (
        <span className="bw-dim">
          {formatClock(pointed.at)}, {formatNumber(pointed.seconds)} s
        </span>
      )}
    </div>
  );
}
