import { call } from '@benchwire/shared/client/http-client.ts';
import type { FaultTolerance } from '@benchwire/shared/contracts/fault-tolerance.ts';
import { SegmentedControl, Select } from '@mantine/core';
import { type ReactNode, useMemo } from 'react';
import { useGet } from '../../api/use-api.ts';
import { formatCount } from '../../format/numbers.ts';
import { Facts } from '../../parts/facts.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { ReportMenu } from '../../parts/report-menu.tsx';
import { Answer } from '../../parts/states.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';
import { FailureChart } from './failure-chart.tsx';
import { CircuitTable, FailingPools, QuarantineTable, StrategyTable, shareOf } from './fault-tables.tsx';

const DEFAULTS = { days: '30', by: 'error_class' };
const PERIODS = [
  { value: '1', label: 'Last 24 hours' },
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
];
const DAY_MS = 86_400_000;

/** What failed where and when, what was done about it, and how often that helped. */
export default function FaultsPage(): ReactNode {
  const [{ days, by }, change] = useUrlState(DEFAULTS);
  const period = PERIODS.find(({ value }) => value === days)?.value ?? DEFAULTS.days;
  // Fixed while the page shows the period, so that asking again is the same question.
  const query = useMemo(
    () => ({ query: { since: new Date(Date.now() - Number(period) * DAY_MS).toISOString() } }),
    [period],
  );
  const faults = useGet(call('GET /api/fault-tolerance', query), { every_ms: 30_000 });
  const report = call('GET /api/fault-tolerance/report', query);
  return (
    <>
      <PageHead title="Fault tolerance" note="Cancelled attempts are in none of the numbers.">
        <Select
          aria-label="Period"
          data={PERIODS}
          value={period}
          onChange={(next) => change({ days: next ?? DEFAULTS.days })}
          allowDeselect={false}
        />
        <ReportMenu path={report.path} query={{ since: query.query.since }} />
      </PageHead>
      <Answer of={faults} height={300}>
        {(found) => <Faults faults={found} by={oneOf(['error_class', 'pool'], by) ?? 'error_class'} change={change} />}
      </Answer>
    </>
  );
}

interface FaultsProps {
  faults: FaultTolerance;
  by: 'error_class' | 'pool';
  change: (change: Partial<typeof DEFAULTS>) => void;
}

function Faults({ faults, by, change }: FaultsProps): ReactNode {
  const { attempts, failed_attempts, failed_tasks, recovered_tasks, quarantines, circuits, truncated } = faults;
  const now = quarantines.filter(({ ended_at }) => ended_at === null).length;
  const open = circuits.filter(({ closed_at }) => closed_at === null).length;
  return (
    <div className="bw-grid">
      <Panel title="Summary">
        <Facts
          facts={[
            { name: 'Failed attempts', value: formatCount(failed_attempts), unit: `of ${formatCount(attempts)}` },
            { name: 'Failure rate', value: shareOf(failed_attempts, attempts) },
            {
              ...{ name: 'Recovered tasks', value: formatCount(recovered_tasks) },
              unit: `of ${formatCount(failed_tasks)} that failed at least once`,
            },
            { name: 'In quarantine now', value: formatCount(now) },
            { name: 'Open circuit breakers', value: formatCount(open) },
          ]}
        />
        {truncated.length > 0 && (
          <p className="bw-note">Not everything is listed: {truncated.join(', ')}. Choose a shorter period.</p>
        )}
      </Panel>
      <Panel
        title="Failed attempts over time"
        aside={
          <SegmentedControl
            size="xs"
            aria-label="Grouped by"
            data={[
              { value: 'error_class', label: 'By class' },
              { value: 'pool', label: 'By pool' },
            ]}
            value={by}
            onChange={(next) => change({ by: next })}
          />
        }
      >
        <FailureChart faults={faults} by={by} />
      </Panel>
      <Panel title="Recovery strategies" className="bw-7">
        <StrategyTable rows={faults.strategies} />
      </Panel>
      <Panel title="Failures by pool" className="bw-5">
        <FailingPools rows={faults.pools} />
      </Panel>
      <Panel title="Quarantines">
        <QuarantineTable rows={quarantines} />
      </Panel>
      <Panel title="Circuit breakers">
        <CircuitTable rows={circuits} />
      </Panel>
    </div>
  );
}
