import { call } from '@benchwire/shared/client/http-client.ts';
import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { formatCount } from '../../format/numbers.ts';
import { Facts } from '../../parts/facts.tsx';
import { useHardwareNames } from '../../parts/hardware-name.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { useUrlState } from '../../parts/url-state.ts';
import { FindingTable } from '../findings/finding-table.tsx';
import { familyOf } from './matrix.ts';
import { MetricSelect } from './metric-select.tsx';
import { ModelHistory } from './model-history.tsx';
import { ModelSamples } from './model-samples.tsx';
import { ModelValues } from './model-values.tsx';
import { ModelWorkload } from './model-workload.tsx';

const DEFAULTS = { model: '', metric: '' };

/** Everything about one model: its values by metric, batch size and hardware, its history, samples and findings. */
export default function ModelPage(): ReactNode {
  const [{ model, metric }, change] = useUrlState(DEFAULTS);
  useRefresh('events', ['/api/series', '/api/matrix', '/api/metrics'], 5000);
  const series = usePages(call('GET /api/series', { query: { model, limit: 10_000 } }));
  const name = modelName(model);
  return (
    <>
      <PageHead title={name === '' ? 'Without a model' : name} note={noteOf(model, name)}>
        <Link href="/matrix">Matrix</Link>
      </PageHead>
      <Answer of={series} height={300}>
        {(rows) =>
          rows.length === 0 ? (
            <>
              <Empty title={`Nothing was measured of ${name}`}>
                <Link href="/matrix">All models</Link>
              </Empty>
              <ModelWorkload model={model} />
            </>
          ) : (
            <Known model={model} rows={rows} metric={metric} onMetric={(next) => change({ metric: next })} />
          )
        }
      </Answer>
    </>
  );
}

const noteOf = (model: string, name: string): string =>
  model === name ? `family ${familyOf(model)}` : `family ${familyOf(model)} · ${model}`;

interface KnownProps {
  model: string;
  rows: readonly SeriesRow[];
  metric: string;
  onMetric: (metric: string) => void;
}

function Known({ model, rows, metric, onMetric }: KnownProps): ReactNode {
  const { fingerprint: nameOf } = useHardwareNames();
  const shown = metric === '' ? firstMetric(rows) : metric;
  const of_metric = rows.filter((row) => row.metric === shown);
  const distinct = (of: (row: SeriesRow) => string): string[] => [...new Set(rows.map(of))].filter(Boolean).sort();
  const last_at =
    rows
      .map((row) => row.last_at)
      .sort()
      .at(-1) ?? '';
  return (
    <>
      <Facts
        facts={[
          { name: 'Metrics', value: formatCount(distinct((row) => row.metric).length) },
          { name: 'Series', value: formatCount(rows.length) },
          { name: 'Hardware', value: formatCount(distinct((row) => row.fingerprint).length), unit: 'fingerprints' },
          { name: 'Precision', value: distinct((row) => row.precision).join(', ') || '–' },
          { name: 'Executor', value: distinct((row) => row.executor).join(', ') },
          { name: 'Last measured', value: <Ago at={last_at} /> },
        ]}
      />
      <div className="bw-grid">
        <Panel title="Values" aside={<span className="bw-dim">newest of each series</span>}>
          <ModelValues rows={rows} nameOf={nameOf} />
        </Panel>
        <Panel title={`History: ${shown}`} aside={<MetricSelect value={shown} onChange={onMetric} model={model} />}>
          <ModelHistory rows={of_metric} nameOf={nameOf} />
        </Panel>
        <Panel title={`Samples: ${shown}`}>
          <ModelSamples model={model} metric={shown} nameOf={nameOf} />
        </Panel>
        <ModelWorkload model={model} />
        <FindingTable title="Findings" query={{ model, states: [] }} filtered={false} />
      </div>
    </>
  );
}

/** A latency, since that is asked for most; else what has most series. */
function firstMetric(rows: readonly SeriesRow[]): string {
  if (rows.some(({ metric }) => metric === 'latency_ms')) return 'latency_ms';
  const counts = [...Map.groupBy(rows, ({ metric }) => metric)].sort((a, b) => b[1].length - a[1].length);
  return counts[0]?.[0] ?? '';
}
