import { call } from '@benchwire/shared/client/http-client.ts';
import type { ComparedRow, Comparison } from '@benchwire/shared/contracts/comparison.ts';
import { Select } from '@mantine/core';
import { type ReactNode, useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { useUrlState } from '../../parts/url-state.ts';
import { ChooseSides } from './choose-sides.tsx';
import { CompareTable } from './compare-table.tsx';
import { HeatMap } from './heat-map.tsx';
import { OneRow } from './one-row.tsx';
import { keyOf, metricsOf } from './rows.ts';
import { Scaling } from './scaling.tsx';
import { compareQuery, readSides } from './sides.ts';
import { Summary } from './summary.tsx';

/** Two or more of one thing side by side. */
export default function ComparePage(): ReactNode {
  const [parameters] = useSearchParams();
  const { sides, filters } = readSides(parameters);
  const enough = sides.values.length > 1;
  const compared = useGet(call('GET /api/compare', { query: compareQuery(sides, filters) }), { enabled: enough });
  return (
    <>
      <PageHead title="Compare" note="The first is the baseline." />
      <Panel title="What to compare">
        <ChooseSides sides={sides} filters={filters} />
      </Panel>
      {enough ? (
        <Answer of={compared} height={300}>
          {(comparison) => <Compared comparison={comparison} />}
        </Answer>
      ) : (
        <Empty title="Choose two or more">
          Choose them above, or select rows in the list of runs or series and press Compare.
        </Empty>
      )}
    </>
  );
}

const DEFAULTS = { metric: '', row: '' };

function Compared({ comparison }: { comparison: Comparison }): ReactNode {
  const [{ metric, row }, change] = useUrlState(DEFAULTS);
  const metrics = useMemo(() => metricsOf(comparison.rows), [comparison]);
  const shown = metrics.includes(metric) ? metric : (metrics.find((each) => each === 'latency_ms') ?? metrics[0] ?? '');
  const rows = useMemo(() => comparison.rows.filter((each) => each.metric === shown), [comparison, shown]);
  const picked = rows.find((each) => keyOf(each) === row) ?? rows.find(isOnAllSides) ?? rows[0];
  if (picked === undefined) {
    return (
      <Empty title="Nothing to compare">
        {comparison.notes.join(' ')} A run has results once one of its tasks has completed.
      </Empty>
    );
  }
  return (
    <>
      <search className="bw-filters">
        <Select
          label="Metric"
          data={metrics}
          value={shown}
          onChange={(next) => change({ metric: next ?? '', row: '' })}
          allowDeselect={false}
          w={280}
        />
      </search>
      <div className="bw-grid">
        <Panel title="Differences">
          <Summary comparison={comparison} metric={shown} />
        </Panel>
        <Panel title={`${shown}, side by side`}>
          <CompareTable
            comparison={comparison}
            rows={rows}
            picked={keyOf(picked)}
            onPick={(each) => change({ row: keyOf(each) })}
          />
        </Panel>
        <Panel title="Details">
          <OneRow comparison={comparison} row={picked} />
        </Panel>
        <Scaling comparison={comparison} rows={rows} />
        <HeatMap comparison={comparison} rows={rows} />
      </div>
    </>
  );
}

const isOnAllSides = ({ cells }: ComparedRow): boolean => cells.every((cell) => cell !== null);
