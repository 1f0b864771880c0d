import type { Finding, FindingConfirmation, FindingEvidence } from '@benchwire/shared/contracts/finding.ts';
import type { ReactNode } from 'react';
import { formatNumber } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Panel } from '../../parts/panel.tsx';
import { RunLink } from '../../parts/run-link.tsx';
import { Empty } from '../../parts/states.tsx';
import { At } from '../../parts/time.tsx';
import { FindingStateText } from './finding-state.tsx';

type Test = FindingEvidence['tests'][number];
type Segment = FindingEvidence['segments'][number];

const TESTS: readonly Column<Test>[] = [
  { key: 'name', title: 'Test', value: ({ name }) => name.replaceAll('_', ' ') },
  {
    key: 'value',
    title: 'Value',
    numeric: true,
    value: ({ value }) => value,
    cell: ({ value }) => formatNumber(value),
  },
  {
    key: 'limit',
    title: 'Limit',
    numeric: true,
    value: ({ limit }) => limit,
    cell: ({ limit }) => formatNumber(limit),
  },
  { key: 'passed', title: 'Passed', value: ({ passed }) => passed, cell: ({ passed }) => (passed ? 'yes' : 'no') },
  {
    key: 'meaning',
    title: 'Meaning',
    value: ({ meaning }) => meaning,
    cell: ({ meaning }) => <div className="bw-wrap">{meaning}</div>,
  },
];

const segments = (unit: string): readonly Column<Segment>[] => [
  { key: 'from', title: 'Runs', value: ({ from }) => from, cell: ({ from, to }) => `${from + 1} to ${to}` },
  { key: 'n', title: 'Count', numeric: true, value: ({ n }) => n },
  {
    key: 'median',
    title: 'Level',
    unit,
    numeric: true,
    value: ({ median }) => median,
    cell: ({ median }) => formatNumber(median),
  },
  {
    key: 'scale',
    title: 'Noise',
    unit,
    numeric: true,
    value: ({ scale }) => scale,
    cell: ({ scale }) => formatNumber(scale),
  },
];

/** The numbers behind a finding. */
export function Evidence({ finding: { evidence, baseline, unit } }: { finding: Finding }): ReactNode {
  if (evidence === null) {
    return (
      <Panel title="Evidence">
        <p>
          Compared with the {baseline.n} runs before: {baseline.values.map((value) => formatNumber(value)).join(', ')}{' '}
          {unit}.
        </p>
      </Panel>
    );
  }
  return (
    <>
      <Panel title="Statistical tests" className={evidence.segments.length > 0 ? 'bw-7' : ''}>
        <DataTable label="Tests" columns={TESTS} rows={evidence.tests} rowKey={({ name, meaning }) => name + meaning} />
        <p className="bw-note">
          Based on {evidence.points} runs
          {evidence.effect_size === null ? '' : `; effect size ${formatNumber(evidence.effect_size)} sigma`}.
        </p>
        {evidence.modes.length > 1 && (
          <p className="bw-note">
            The series switches between levels: {evidence.modes.map((mode) => formatNumber(mode)).join(', ')} {unit}.
          </p>
        )}
        {evidence.environment.map(({ what, from, to }) => (
          <p key={what}>
            At the same point {what} changed from {from || 'nothing'} to {to || 'nothing'}.
          </p>
        ))}
        {evidence.contributions.length > 0 && (
          <ul>
            {evidence.contributions.map(({ name, value, z_score }) => (
              <li key={name}>
                {name}: {formatNumber(value)}, {formatNumber(z_score)} sigma from its level
              </li>
            ))}
          </ul>
        )}
      </Panel>
      {evidence.segments.length > 0 && (
        <Panel title="Levels" className="bw-5">
          <DataTable
            label="Levels"
            columns={segments(unit ?? '')}
            rows={evidence.segments}
            rowKey={({ from }) => String(from)}
          />
        </Panel>
      )}
    </>
  );
}

const CONFIRMATIONS: readonly Column<FindingConfirmation>[] = [
  { key: 'on', title: 'On', value: ({ on }) => on.replace('_', ' ') },
  {
    key: 'asked_at',
    title: 'Requested',
    value: ({ asked_at }) => asked_at,
    cell: ({ asked_at }) => <At at={asked_at} />,
  },
  {
    key: 'value',
    title: 'Value',
    numeric: true,
    value: ({ value }) => value,
    cell: ({ value }) => formatNumber(value),
  },
  {
    key: 'agrees',
    title: 'Reproduced',
    value: ({ agrees }) => agrees,
    cell: ({ agrees }) => (agrees === null ? 'pending' : agrees ? 'yes' : 'no'),
  },
  {
    key: 'run_id',
    title: 'Run',
    value: ({ run_id }) => run_id,
    cell: ({ run_id, note }) => (
      <>
        {run_id === null ? '–' : <RunLink run_id={run_id} />}{' '}
        {note !== '' && <div className="bw-wrap bw-dim">{note}</div>}
      </>
    ),
  },
];

/** The re-runs that were asked for to settle it. */
export function Confirmations({ finding: { confirmations } }: { finding: Finding }): ReactNode {
  if (confirmations.length === 0) {
    return <Empty title="No re-runs">The next results of this series confirm or withdraw this finding.</Empty>;
  }
  return (
    <DataTable label="Re-runs" columns={CONFIRMATIONS} rows={confirmations} rowKey={({ request_id }) => request_id} />
  );
}

/** Its states so far, and where it is followed up. */
export function Steps({ finding: { history, links } }: { finding: Finding }): ReactNode {
  return (
    <>
      <ul className="bw-list">
        {history.toReversed().map((step) => (
          <li key={step.revision}>
            <FindingStateText state={step.state} /> <span className="bw-dim">by {step.by},</span> <At at={step.at} />
            {step.reason !== '' && <div className="bw-note">{step.reason}</div>}
          </li>
        ))}
      </ul>
      {links.map((link) => (
        <p key={link}>
          Tracked in{' '}
          {/^https?:\/\//.test(link) ? (
            <a href={link} target="_blank" rel="noreferrer">
              {link}
            </a>
          ) : (
            link
          )}
        </p>
      ))}
    </>
  );
}
