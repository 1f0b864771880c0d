import { call } from '@benchwire/shared/client/http-client.ts';
import { type Direction, directionOf } from '@benchwire/shared/contracts/direction.ts';
import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { Button } from '@mantine/core';
import { IconNote } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { useGet } from '../../api/use-api.ts';
import { seriesName } from '../../format/series-name.ts';
import { useHardwareNames } from '../../parts/hardware-name.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';
import { AddSeries, OverlayNotes } from './add-series.tsx';
import { AnalysisFacts } from './analysis-facts.tsx';
import { CommitsShown } from './commits-shown.tsx';
import { HistoryChart } from './history-chart.tsx';
import { RangeControls, ViewControls } from './history-controls.tsx';
import { VALUE_SCALES } from './history-view.ts';
import { MarkTable } from './mark-table.tsx';
import { NoteForm } from './note-form.tsx';
import { PointTable } from './point-table.tsx';
import { timeRangeOf } from './time-range.ts';
import { useHistory } from './use-history.ts';
import { useOverlays } from './use-overlays.ts';

const DIRECTION_WORDS: Record<Direction, string> = {
  lower_is_better: 'lower is better',
  higher_is_better: 'higher is better',
  neither: '',
  unknown: 'direction unknown',
};

const DEFAULTS = {
  ...{ axis: 'run', values: 'data', zoom: '', since: '', until: '' },
  ...{ interval: '', outliers: '', guesses: '', with: '' },
};

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
  const [view, change] = useUrlState(DEFAULTS);
  const [noting, setNoting] = useState(false);
  const may_note = useMay('submitter');
  const [now] = useState(() => Date.now());
  const range = timeRangeOf(view.since, view.until, now);
  const { points, analysis, marks } = useHistory(row.series_id, range);
  const names = useHardwareNames();
  const name = seriesName(row, names.pool);
  const over = view.with.split(',').filter((id) => id !== '' && id !== row.series_id);
  const chosen = useOverlays(over, range, (other) => seriesName(other, names.pool));
  return (
    <>
      <PageHead title={name} note={noteOf(row, points.data?.at(-1)?.better)}>
        {may_note && (
          <Button variant="default" leftSection={<IconNote size={16} />} onClick={() => setNoting(true)}>
            Add a note
          </Button>
        )}
      </PageHead>
      <NoteForm series_id={row.series_id} opened={noting} onClose={() => setNoting(false)} />
      <div className="bw-grid">
        <Panel title="History" aside={<ViewControls view={view} change={change} />}>
          <RangeControls view={view} change={change}>
            <AddSeries
              row={row}
              chosen={over}
              names={chosen.names}
              onChange={(ids) => change({ with: ids.join(',') })}
            />
          </RangeControls>
          <Answer of={points} height={380}>
            {(rows) =>
              rows.length === 0 ? (
                <Empty title={view.since + view.until === '' ? 'No points left' : 'No points in this range'}>
                  {view.since + view.until === ''
                    ? 'All results are past their retention time.'
                    : 'Choose a longer range, or All.'}
                </Empty>
              ) : (
                <>
                  <HistoryChart
                    points={rows}
                    analysis={analysis.data}
                    marks={marks}
                    axis={oneOf(['run', 'commit', 'time'] as const, view.axis) ?? 'run'}
                    values={oneOf(VALUE_SCALES, view.values)}
                    interval={view.interval !== ''}
                    outliers={view.outliers !== ''}
                    guesses={view.guesses !== '' && view.until === ''}
                    overlays={chosen.overlays}
                    zoom={view.zoom}
                    onZoom={(next) => change({ zoom: next })}
                    name={name}
                  />
                  <OverlayNotes row={row} chosen={chosen} values={view.values} change={change} />
                  <CommitsShown points={rows} zoom={view.axis === 'time' ? '' : view.zoom} />
                </>
              )
            }
          </Answer>
          <p className="bw-note">
            Drag across the picture, or the ends of the bar below it, to zoom. A click on a point opens its run; a click
            on a name above shows or hides it. The grey bands hold 95 % of normal noise around each level; numbered
            lines are explained below.
          </p>
        </Panel>
        <Panel title="Annotations">
          <MarkTable marks={marks} />
        </Panel>
        <Panel title="Sensitivity">
          <Answer of={analysis}>{(found) => <AnalysisFacts analysis={found} unit={row.unit} />}</Answer>
        </Panel>
        <Panel title="Points">
          <Answer of={points}>{(rows) => <PointTable points={rows} />}</Answer>
        </Panel>
      </div>
    </>
  );
}

function noteOf(row: SeriesRow, better: Parameters<typeof directionOf>[0]['better']): string {
  return [
    row.benchmark,
    row.executor,
    row.scenario,
    `series ${row.series_id}`,
    DIRECTION_WORDS[directionOf({ ...row, better })],
    row.is_simulated ? 'simulated' : '',
  ]
    .filter(Boolean)
    .join(' · ');
}
