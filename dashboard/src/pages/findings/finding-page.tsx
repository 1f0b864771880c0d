import { call } from '@benchwire/shared/client/http-client.ts';
import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { formatNumber, formatPercentChange } from '../../format/numbers.ts';
import { RangeLink } from '../../parts/commit-link.tsx';
import { Facts } from '../../parts/facts.tsx';
import { PoolName } from '../../parts/hardware-name.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { RunLink } from '../../parts/run-link.tsx';
import { Answer } from '../../parts/states.tsx';
import { HistoryChart } from '../series/history-chart.tsx';
import { useHistory } from '../series/use-history.ts';
import { Confirmations, Evidence, Steps } from './evidence.tsx';
import { FindingStateText } from './finding-state.tsx';
import { STATES } from './finding-states.ts';
import { Triage } from './triage.tsx';

/** One finding with every number that it rests on, and what to do with it. */
export default function FindingPage({ finding_id }: { finding_id: string }): ReactNode {
  const finding = useGet(call('GET /api/findings/:id', { params: { id: finding_id } }));
  return (
    <Answer of={finding} height={400}>
      {(found) => <OneFinding finding={found} />}
    </Answer>
  );
}

function OneFinding({ finding }: { finding: Finding }): ReactNode {
  const { series, series_id, unit, baseline, state, kind } = finding;
  const { points, analysis, marks } = useHistory(series_id);
  const name = `${modelName(series.model) || series.benchmark} ${series.metric}`;
  const batch = series.batch_size === null ? '' : `, batch ${series.batch_size}`;
  return (
    <>
      <PageHead
        title={`${name}${batch}: ${kind}`}
        note={
          <>
            <FindingStateText state={state} /> – {STATES[state].meaning}
          </>
        }
      >
        <Triage finding={finding} />
      </PageHead>
      <Panel title="Summary">
        <p className="bw-lead">{finding.message}</p>
        <Facts
          facts={[
            { name: 'Before', value: formatNumber(baseline.median), unit: `${unit ?? ''}, ${baseline.n} runs` },
            { name: 'Now', value: formatNumber(finding.value), unit: unit ?? '' },
            { name: 'Change', value: formatPercentChange(finding.change_percent) },
            { name: 'Effect size', value: formatNumber(finding.z_score), unit: 'sigma' },
            { name: 'Pool', value: finding.pool ?? '–' },
            { name: 'First seen in', value: <RunLink run_id={finding.run_id} /> },
            ...(finding.source?.commit === undefined
              ? []
              : [{ name: 'Commits', value: <RangeLink from={finding.previous_source} to={finding.source} /> }]),
          ]}
        />
        <Culprit finding={finding} />
      </Panel>
      <div className="bw-grid">
        <Panel title="History" aside={<Link href={`/series/${series_id}`}>open the series</Link>}>
          <Answer of={points} height={320}>
            {(rows) => (
              <HistoryChart
                points={rows}
                analysis={analysis.data}
                marks={marks}
                axis="run"
                picked={finding}
                name={name}
                height={320}
              />
            )}
          </Answer>
        </Panel>
        <Evidence finding={finding} />
        <Panel title="Re-runs" className="bw-6">
          <Confirmations finding={finding} />
        </Panel>
        <Panel title="Activity" className="bw-6">
          <Steps finding={finding} />
        </Panel>
        {finding.incident_id !== null && <Siblings incident_id={finding.incident_id} finding_id={finding.finding_id} />}
      </div>
    </>
  );
}

function Culprit({ finding: { culprit } }: { finding: Finding }): ReactNode {
  if (culprit === null) return null;
  const { last_good, first_bad } = culprit;
  const version = (end: typeof last_good): string => {
    const { commit, version: of } = end.source ?? {};
    return commit?.slice(0, 12) ?? of ?? 'unknown version';
  };
  return (
    <p>
      It lies between <RunLink run_id={last_good.run_id} name={version(last_good)} /> (the last that was as before,{' '}
      {formatNumber(last_good.value)}) and <RunLink run_id={first_bad.run_id} name={version(first_bad)} /> (the first
      that was not, {formatNumber(first_bad.value)}). <RangeLink from={last_good.source} to={first_bad.source} />
    </p>
  );
}

/** What else moved with it. */
function Siblings({ incident_id, finding_id }: { incident_id: string; finding_id: string }): ReactNode {
  const incident = useGet(call('GET /api/incidents/:id', { params: { id: incident_id } }));
  const others = (incident.data?.moved ?? []).filter((each) => each.finding_id !== finding_id);
  if (others.length === 0) return null;
  return (
    <Panel title="Related findings">
      <ul className="bw-list">
        {others.slice(0, 20).map((each) => (
          <li key={each.finding_id} className="bw-finding-line">
            <Link href={`/findings/${encodeURIComponent(each.finding_id)}`}>
              {modelName(each.model) || each.benchmark} {each.metric} on <PoolName pool={each.pool} />
            </Link>
            <span>
              <strong>{formatPercentChange(each.change_percent)}</strong> <FindingStateText state={each.state} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
