import { call, withQuery } from '@benchwire/shared/client/http-client.ts';
import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { Button, Checkbox, TextInput } from '@mantine/core';
import { IconGitCompare, IconSearch } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { formatCount, formatNumber } from '../../format/numbers.ts';
import { seriesName } from '../../format/series-name.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { PoolName } from '../../parts/hardware-name.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { useUrlState } from '../../parts/url-state.ts';

const DEFAULTS = { search: '' };
const MOST = 1000;

const COLUMNS: readonly Column<SeriesRow>[] = [
  {
    key: 'model',
    title: 'Model',
    value: ({ model, benchmark }) => model || benchmark,
    cell: (row) => <Link href={`/series/${row.series_id}`}>{modelName(row.model) || row.benchmark}</Link>,
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
  const [{ search }, change] = useUrlState(DEFAULTS);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  useRefresh('events', ['/api/series'], 5000);
  const series = usePages(call('GET /api/series', { query: { search, limit: MOST } }));
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
      <search className="bw-filters">
        <TextInput
          data-search
          aria-label="Search in benchmark, model and metric"
          placeholder="benchmark, model or metric"
          leftSection={<IconSearch size={15} />}
          value={search}
          onChange={(event) => change({ search: event.currentTarget.value })}
          w={280}
        />
      </search>
      <Panel title="Recently updated">
        <Answer of={series} height={300}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty title={search === '' ? 'No series yet' : 'No series match this search'}>
                {search === '' ? (
                  <>
                    The first completed benchmark starts one: <Link href="/runs/new">start one</Link>.
                  </>
                ) : (
                  <Button variant="default" size="compact-sm" onClick={() => change(DEFAULTS)}>
                    Show all
                  </Button>
                )}
              </Empty>
            ) : (
              <>
                <DataTable
                  label="Series"
                  columns={[choose, ...COLUMNS]}
                  rows={rows}
                  rowKey={({ series_id }) => series_id}
                  most={100}
                />
                {rows.length >= MOST && <p className="bw-note">Showing the latest {MOST}: search to see others.</p>}
              </>
            )
          }
        </Answer>
      </Panel>
    </>
  );
}
