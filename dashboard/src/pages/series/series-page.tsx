import { call, withQuery } from '@benchwire/shared/client/http-client.ts';
import type { SeriesSort } from '@benchwire/shared/contracts/list-sort.ts';
import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { SERIES_KINDS } from '@benchwire/shared/contracts/series-kinds.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { Button, Checkbox } from '@mantine/core';
import { IconGitCompare } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { formatCount, formatNumber } from '../../format/numbers.ts';
import { seriesName } from '../../format/series-name.ts';
import type { Column } from '../../parts/data-table.tsx';
import { PoolName } from '../../parts/hardware-name.tsx';
import { type Filter, FilterBar } from '../../parts/list/filter-bar.tsx';
import { ServerList } from '../../parts/list/server-list.tsx';
import { type Direction, useOrder } from '../../parts/list/use-order.ts';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';

const DEFAULTS = { search: '', model: '', kind: '' };
const FILTERS: readonly Filter[] = [
  {
    ...{ name: 'search', kind: 'search', label: 'Search in benchmark, model and metric', width: 280 },
    placeholder: 'benchmark, model or metric',
  },
  { name: 'model', kind: 'text', label: 'Model', placeholder: 'exact model name', width: 190 },
  {
    ...{ name: 'kind', kind: 'choice', label: 'Kind', placeholder: 'every kind' },
    choices: [...SERIES_KINDS],
  },
];
/** Each with the direction that it begins with. */
const ORDERS = {
  ...{ last_at: 'descending', model: 'ascending', metric: 'ascending', series_kind: 'ascending' },
  ...{ batch_size: 'ascending', last_value: 'descending', points: 'descending', benchmark: 'ascending' },
  ...{ precision: 'ascending', executor: 'ascending', pool: 'ascending' },
} as const satisfies Record<SeriesSort, Direction>;

const COLUMNS: readonly Column<SeriesRow>[] = [
  {
    key: 'model',
    title: 'Model',
    value: ({ model, benchmark }) => model || benchmark,
    cell: (row) => (
      <Link href={`/series/${row.series_id}`} className="bw-name" title={row.model || row.benchmark}>
        {modelName(row.model) || row.benchmark}
      </Link>
    ),
  },
  { key: 'metric', title: 'Metric', value: ({ metric }) => metric },
  { key: 'series_kind', title: 'Kind', value: ({ series_kind }) => series_kind },
  { key: 'batch_size', title: 'Batch', numeric: true, value: ({ batch_size }) => batch_size },
  {
    key: 'last_value',
    title: 'Last value',
    numeric: true,
    value: ({ last_value }) => last_value,
    cell: ({ last_value, unit, is_simulated }) => (
      <>
        {formatNumber(last_value)} <span className="bw-unit">{unit}</span>
        {is_simulated && <span className="bw-dim"> simulated</span>}
      </>
    ),
  },
  {
    key: 'points',
    title: 'Runs',
    numeric: true,
    value: ({ points }) => points,
    cell: ({ points }) => formatCount(points),
  },
  { key: 'benchmark', title: 'Benchmark', wide: true, value: ({ benchmark }) => benchmark },
  { key: 'precision', title: 'Precision', wide: true, value: ({ precision }) => precision },
  { key: 'executor', title: 'Executor', wide: true, value: ({ executor }) => executor },
  { key: 'pool', title: 'Pool', wide: true, value: ({ pool }) => pool, cell: ({ pool }) => <PoolName pool={pool} /> },
  {
    key: 'last_at',
    title: 'Last run',
    wide: true,
    value: ({ last_at }) => last_at,
    cell: ({ last_at }) => <Ago at={last_at} />,
  },
];

/** Every series with its last value. */
export default function SeriesPage(): ReactNode {
  const [filters, change] = useUrlState(DEFAULTS);
  const { sort, descending, order } = useOrder(ORDERS);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  useRefresh('events', ['/api/series'], 5000);
  const { search, model, kind } = filters;
  const asked = call('GET /api/series', {
    query: {
      ...{ search, model: model || undefined, series_kind: oneOf(SERIES_KINDS, kind) },
      ...{ sort, descending, limit: 100 },
    },
  });
  const series = usePages(asked);
  const filtered = Object.values(filters).some((value) => value !== '');
  const toggle = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const choose: Column<SeriesRow> = {
    key: 'choose',
    title: '',
    value: () => '',
    cell: (row) => (
      <Checkbox
        size="xs"
        checked={chosen.has(row.series_id)}
        onChange={() => toggle(row.series_id)}
        aria-label={`Choose ${seriesName(row)} to compare`}
      />
    ),
  };
  return (
    <>
      <PageHead title="Series" note="History per metric">
        {chosen.size > 1 && (
          <Button
            component={Link}
            href={withQuery('/compare', { series: [...chosen] })}
            variant="default"
            leftSection={<IconGitCompare size={16} />}
          >
            Compare {chosen.size} series
          </Button>
        )}
      </PageHead>
      <FilterBar list="series" filters={FILTERS} state={filters} defaults={DEFAULTS} change={change} />
      <Panel title="Series">
        <ServerList
          label="Series"
          of={series}
          asked={asked}
          columns={[choose, ...COLUMNS]}
          rowKey={({ series_id }) => series_id}
          order={order}
          empty={
            <Empty title={filtered ? 'No series match these filters' : 'No series yet'}>
              {filtered ? (
                'Clear the filters to see all.'
              ) : (
                <>
                  The first completed benchmark starts one: <Link href="/runs/new">start one</Link>.
                </>
              )}
            </Empty>
          }
        />
      </Panel>
    </>
  );
}
