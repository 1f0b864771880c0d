import { useComputedColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import { picturesOf, type Size } from '../../charts/chart-files.ts';
import { chartColours } from '../../charts/colours.ts';
import { ExportMenu } from '../../parts/export-menu.tsx';
import { type Life, nameOfKind, type TimeSpan } from './timeline.ts';
import { timelineChart, timelineHeight, timelineTable } from './timeline-chart.ts';

const WIDTH = 1000;
const SHOWN = ['waiting', 'retry', 'running', 'completed', 'failed'] as const;

/** What the colours of the timeline mean, and the timeline as a file. */
export function TimelineLegend({ span, lives }: { span: TimeSpan; lives: () => Life[] }): ReactNode {
  const colours = chartColours(useComputedColorScheme('light'));
  const size = (): Size => ({ width: WIDTH, height: timelineHeight(lives().length) });
  return (
    <div className="bw-legend">
      {SHOWN.map((kind) => (
        <span key={kind} aria-hidden>
          <i data-kind={kind} /> {nameOfKind(kind)}
        </span>
      ))}
      <ExportMenu
        of="Timeline"
        table={() => timelineTable(lives())}
        pictures={picturesOf(() => timelineChart(lives(), span, colours), colours, size)}
      />
    </div>
  );
}
