import { call } from '@benchwire/shared/client/http-client.ts';
import { type Direction, directionOf } from '@benchwire/shared/contracts/direction.ts';
import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { Button, Checkbox, Group, SegmentedControl } from '@mantine/core';
import { IconNote } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { useGet } from '../../api/use-api.ts';
import { seriesName } from '../../format/series-name.ts';
import { useHardwareNames } from '../../parts/hardware-name.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';
import { AnalysisFacts } from './analysis-facts.tsx';
import { HistoryChart } from './history-chart.tsx';
import { VALUE_SCALES, type ValueScale } from './history-view.ts';
import { MarkTable } from './mark-table.tsx';
import { NoteForm } from './note-form.tsx';
import { useHistory } from './use-history.ts';

const DIRECTION_WORDS: Record<Direction, string> = {
  lower_is_better: 'lower is better',
  higher_is_better: 'higher is better',
  neither: '',
  unknown: 'direction unknown',
};

const DEFAULTS = { axis: 'run', values: 'data', zoom: '', guesses: '' };
const AXES = [
  { value: 'run', label: 'by run' },
  { value: 'commit', label: 'by commit' },
  { value: 'time', label: 'by time' },
];
const SCALES: Array<{ value: ValueScale; label: string }> = [
  { value: 'data', label: 'to the data' },
  { value: 'zero', label: 'from zero' },
  { value: 'log', label: 'log' },
  { value: 'percent', label: '% from the level' },
];

/** One series: its history, what happened to it, and what it would take to see a change. */
export default function OneSeriesPage({ series_id }: { series_id: string }): ReactNode {
  const series = useGet(call('GET /api/series/:id', { params: { id: series_id } }));
  return (
    <Answer of={series} height={400}>
      {(row) => <OneSeries row={row} />}
    </Answer>
  );
}

function OneSeries({ row }: { row: SeriesRow }): ReactNode {
  const [{ axis, values, zoom, guesses }, change] = useUrlState(DEFAULTS);
  const [noting, setNoting] = useState(false);
  const may_note = useMay('submitter');
  const { points, analysis, marks } = useHistory(row.series_id);
  const name = seriesName(row, useHardwareNames().pool);
  return (
    <>
      <PageHead
        title={name}
        note={[
          row.benchmark,
          row.executor,
          row.scenario,
          `series ${row.series_id}`,
          DIRECTION_WORDS[directionOf({ ...row, better: points.data?.at(-1)?.better })],
          row.is_simulated ? 'simulated' : '',
        ]
          .filter(Boolean)
          .join(' · ')}
      >
        {may_note && (
          <Button variant="default" leftSection={<IconNote size={16} />} onClick={() => setNoting(true)}>
            Add a note
          </Button>
        )}
      </PageHead>
      <NoteForm series_id={row.series_id} opened={noting} onClose={() => setNoting(false)} />
      <div className="bw-grid">
        <Panel
          title="History"
          aside={
            <Group gap="xs">
              {zoom !== '' && (
                <Button size="compact-sm" variant="default" onClick={() => change({ zoom: '' })}>
                  Show all
                </Button>
              )}
              <Checkbox
                size="xs"
                label="Trend and forecast"
                checked={guesses !== ''}
                onChange={(event) => change({ guesses: event.currentTarget.checked ? 'shown' : '' })}
              />
              <SegmentedControl
                size="xs"
                data={SCALES}
                value={values}
                onChange={(next) => change({ values: next })}
                aria-label="Values"
              />
              <SegmentedControl
                size="xs"
                data={AXES}
                value={axis}
                onChange={(next) => change({ axis: next, zoom: '' })}
                aria-label="Axis"
              />
            </Group>
          }
        >
          <Answer of={points} height={380}>
            {(rows) =>
              rows.length === 0 ? (
                <Empty title="No points left">All results are past their retention time.</Empty>
              ) : (
                <HistoryChart
                  points={rows}
                  analysis={analysis.data}
                  marks={marks}
                  axis={oneOf(['run', 'commit', 'time'] as const, axis) ?? 'run'}
                  values={oneOf(VALUE_SCALES, values)}
                  zoom={zoom}
                  guesses={guesses !== ''}
                  onZoom={(next) => change({ zoom: next })}
                  name={name}
                />
              )
            }
          </Answer>
          <p className="bw-note">
            A click on a point opens its run. Drag the ends of the bar below to zoom. A click on a name above shows or
            hides it. The grey bands hold 95 % of normal noise around each level; numbered lines are explained below.
          </p>
        </Panel>
        <Panel title="Annotations">
          <MarkTable marks={marks} />
        </Panel>
        <Panel title="Sensitivity">
          <Answer of={analysis}>{(found) => <AnalysisFacts analysis={found} unit={row.unit} />}</Answer>
        </Panel>
      </div>
    </>
  );
}
