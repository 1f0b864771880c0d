import { call } from '@benchwire/shared/client/http-client.ts';
import type { CompatibilityCell, CompatibilityState } from '@benchwire/shared/contracts/api/models.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { shorten } from '@benchwire/shared/format/shorten.ts';
import type { EChartsOption } from 'echarts/types/dist/echarts';
import { type ReactNode, useCallback, useMemo } from 'react';
import { Link } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { formatCount, formatNumber } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { type Filter, FilterBar } from '../../parts/list/filter-bar.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';
import { type CompatibilityHeat, compatibilityHeat } from './compatibility-heat.ts';
import { modelHref } from './model-href.ts';

const STATES = ['works', 'fails', 'untested'] as const;
const PRIORITIES = ['high', 'medium', 'low'] as const;
const DEFAULTS = { state: '', priority: '', class: '', executor: '', precision: '', family: '', search: '' };
const TONES: Record<CompatibilityState, string | undefined> = {
  works: 'completed',
  fails: 'failed',
  untested: undefined,
};
/** More rows than these make the heat map unreadable. */
const MAX_FAMILIES = 40;
/** The whole text is in the tooltip, and in an export. */
const MAX_REASON = 60;

/** Which models work on which hardware, with which executor and precision: a heat map by family, and every cell. */
export function CompatibilityView(): ReactNode {
  const [choice, change] = useUrlState(DEFAULTS);
  useRefresh('events', ['/api/models/compatibility'], 10_000);
  const state = oneOf(STATES, choice.state);
  const priority = oneOf(PRIORITIES, choice.priority);
  const answer = useGet(
    call('GET /api/models/compatibility', {
      query: {
        ...(state === undefined ? {} : { state: [state] }),
        ...(priority === undefined ? {} : { priority: [priority] }),
      },
    }),
  );
  return (
    <Answer of={answer} height={300}>
      {({ items, counts, truncated }) => {
        const shown = items.filter((cell) => isShown(cell, choice));
        return (
          <>
            <FilterBar
              list="compatibility"
              filters={filtersOf(items)}
              state={choice}
              defaults={DEFAULTS}
              change={change}
            />
            <p className="bw-note">
              {formatCount(counts.works)} work, {formatCount(counts.fails)} fail, {formatCount(counts.untested)}{' '}
              untested
            </p>
            {shown.length === 0 ? (
              <Empty title="No cell matches these filters">
                Choose another state, hardware, executor or precision. What nobody tried has the state untested.
              </Empty>
            ) : (
              <>
                <Heat cells={shown} />
                <Panel title="Models by hardware, executor and precision">
                  <DataTable
                    label="Compatibility"
                    columns={COLUMNS}
                    rows={shown}
                    rowKey={({ model, hardware, executor, precision }) =>
                      JSON.stringify([model, hardware, executor, precision])
                    }
                    choosable
                  />
                </Panel>
              </>
            )}
            {truncated && <p className="bw-note">More is stored than is read: only the first 10,000 by name.</p>}
          </>
        );
      }}
    </Answer>
  );
}

function isShown(cell: CompatibilityCell, choice: typeof DEFAULTS): boolean {
  const { class: kind, executor, precision, family, search } = choice;
  return (
    (kind === '' || cell.hardware === kind) &&
    (executor === '' || cell.executor === executor) &&
    (precision === '' || cell.precision === precision) &&
    (family === '' || cell.family === family) &&
    `${cell.model} ${cell.reason ?? ''}`.toLowerCase().includes(search.toLowerCase())
  );
}

function filtersOf(cells: readonly CompatibilityCell[]): Filter[] {
  const choice = (name: string, label: string, of: (cell: CompatibilityCell) => string): Filter => ({
    ...{ name, kind: 'choice', label, placeholder: label.toLowerCase() },
    choices: [...new Set(cells.map(of))].filter((value) => value !== '').sort(),
  });
  return [
    { name: 'state', kind: 'choice', label: 'State', placeholder: 'works or fails', choices: [...STATES] },
    { name: 'priority', kind: 'choice', label: 'Priority', placeholder: 'priority', choices: [...PRIORITIES] },
    choice('class', 'Hardware class', ({ hardware }) => hardware),
    choice('executor', 'Executor', ({ executor }) => executor),
    choice('precision', 'Precision', ({ precision }) => precision),
    choice('family', 'Family', ({ family }) => family),
    { name: 'search', kind: 'search', label: 'Search in model and reason', placeholder: 'model or reason', width: 200 },
  ];
}

const numbers = (
  key: 'latency_ms' | 'throughput_items_per_second' | 'memory_mb',
  title: string,
  unit: string,
): Column<CompatibilityCell> => ({
  ...{ key, title, unit, numeric: true },
  value: (cell) => cell[key],
  cell: (cell) => {
    const value = cell[key];
    return value === null ? '–' : formatNumber(value);
  },
});

const COLUMNS: readonly Column<CompatibilityCell>[] = [
  {
    ...{ key: 'model', title: 'Model', value: ({ model }) => model },
    cell: ({ model }) => (
      <Link className="bw-name" href={modelHref(model)} title={model}>
        {modelName(model)}
      </Link>
    ),
  },
  { key: 'family', title: 'Family', wide: true, value: ({ family }) => family },
  { key: 'hardware', title: 'Hardware', value: ({ hardware }) => hardware },
  { key: 'executor', title: 'Executor', value: ({ executor }) => executor },
  { key: 'precision', title: 'Precision', value: ({ precision }) => precision },
  {
    ...{ key: 'state', title: 'State', value: ({ state }) => state },
    cell: ({ state }) => (
      <span className="bw-status" data-tone={TONES[state]}>
        {state}
      </span>
    ),
  },
  {
    ...{ key: 'reason', title: 'Why', value: ({ reason }) => reason },
    cell: ({ reason, run_id }) =>
      reason === null ? (
        ''
      ) : run_id === null ? (
        <span className="bw-dim" title={reason}>
          {shorten(reason, MAX_REASON)}
        </span>
      ) : (
        <Link href={`/runs/${run_id}`} title={reason}>
          {shorten(reason, MAX_REASON)}
        </Link>
      ),
  },
  {
    ...numbers('latency_ms', 'Latency', 'ms'),
    cell: ({ latency_ms, series_id }) =>
      latency_ms === null ? (
        '–'
      ) : series_id === null ? (
        formatNumber(latency_ms)
      ) : (
        <Link href={`/series/${series_id}`}>{formatNumber(latency_ms)}</Link>
      ),
  },
  numbers('throughput_items_per_second', 'Throughput', 'items/s'),
  numbers('memory_mb', 'Memory', 'MB'),
  { key: 'batch_size', title: 'Batch', numeric: true, wide: true, value: ({ batch_size }) => batch_size },
  {
    ...{ key: 'source', title: 'Shown by', hint: 'The newest task, else the newest coverage run' },
    value: ({ source, stage }) => (stage === null ? source : `${source}: ${stage}`),
  },
];

function Heat({ cells }: { cells: readonly CompatibilityCell[] }): ReactNode {
  const heat = useMemo(() => compatibilityHeat(cells, MAX_FAMILIES), [cells]);
  const option = useCallback((colours: ChartColours) => optionOf(heat, colours), [heat]);
  if (heat.cells.length === 0) return null;
  return (
    <Panel title="What works, by family: share of the models that were tried">
      <Chart
        option={option}
        height={Math.max(150, 70 + 24 * heat.families.length)}
        exported="compatibility by family"
        description={`${heat.families.length} families in ${heat.places.length} places: share of models that work`}
      />
      <p className="bw-note">A stronger colour is worse: 2/5 says that 2 of the 5 models that were tried work.</p>
      {heat.hidden > 0 && (
        <p className="bw-note">
          The {heat.families.length} families with the most results; {formatCount(heat.hidden)} others are in the table
          only.
        </p>
      )}
    </Panel>
  );
}

function optionOf({ families, places, cells }: CompatibilityHeat, colours: ChartColours): EChartsOption {
  return {
    grid: { left: 4, right: 10, top: 26, bottom: 4, containLabel: true },
    tooltip: {
      formatter: (({ value: [x, y, , works, tried] }: { value: [number, number, number, number, number] }) =>
        `${families[y]}\n${places[x]}\n${works} of ${tried} model${tried === 1 ? '' : 's'} work`) as never,
    },
    xAxis: { type: 'category', position: 'top', data: places, splitLine: { show: false } },
    yAxis: { type: 'category', data: families, inverse: true, splitLine: { show: false } },
    visualMap: {
      show: false,
      dimension: 2,
      min: 0,
      max: 1,
      inRange: { color: [...colours.ramp].slice(0, 3).reverse() },
    },
    series: [
      {
        type: 'heatmap',
        data: cells.map(({ family, place, works, tried }) => [
          ...[places.indexOf(place), families.indexOf(family), works / tried, works, tried],
        ]),
        label: {
          show: true,
          color: colours.text,
          formatter: (({ value }: { value: number[] }) => `${value[3]}/${value[4]}`) as never,
        },
        itemStyle: { borderColor: colours.ground, borderWidth: 2 },
      },
    ],
  };
}
