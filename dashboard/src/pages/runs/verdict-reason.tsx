import { call } from '@benchwire/shared/client/http-client.ts';
import type { MetricVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { wordsOf } from '@benchwire/shared/verdict/summary.ts';
import { Modal, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { formatNumber, formatPercentChange } from '../../format/numbers.ts';
import { type Fact, Facts } from '../../parts/facts.tsx';
import { RunLink, shortId } from '../../parts/run-link.tsx';
import { At } from '../../parts/time.tsx';
import { intervalOf } from './verdict-table.tsx';

/** Why a metric has its verdict: the sentence, the baseline, the runs that are pooled, the finding. */
export function VerdictReason({
  of,
  run_id,
  onClose,
}: {
  of: MetricVerdict | undefined;
  run_id: string;
  onClose: () => void;
}): ReactNode {
  return (
    <Modal
      opened={of !== undefined}
      onClose={onClose}
      size="lg"
      title={of === undefined ? '' : `${of.metric} of ${of.task_id}: ${wordsOf(of)}`}
    >
      {of !== undefined && <Reason of={of} run_id={run_id} />}
    </Modal>
  );
}

function Reason({ of, run_id }: { of: MetricVerdict; run_id: string }): ReactNode {
  const findings = useGet(call('GET /api/runs/:run_id/findings', { params: { run_id }, query: { limit: 200 } }));
  const found = findings.data?.items.find(({ series_id }) => series_id === of.series_id);
  const { baseline, known_regression, accepted, run_ids } = of;
  return (
    <div className="bw-stack">
      <Text size="sm">{of.reason}</Text>
      <Facts facts={factsOf(of)} />
      {baseline !== null && baseline.from_at !== null && baseline.to_at !== null && (
        <Text size="sm">
          Baseline: {baseline.line}, measured <At at={baseline.from_at} /> to <At at={baseline.to_at} />
          {baseline.to_commit === '' ? '' : `, commits ${commits(baseline.from_commit, baseline.to_commit)}`}
        </Text>
      )}
      {known_regression !== null && (
        <Text size="sm">
          Regressed since{' '}
          <RunLink run_id={known_regression.since_run_id} name={known_regression.since_commit.slice(0, 12)} />
          {known_regression.finding_id !== null && (
            <>
              : <Link href={`/findings/${encodeURIComponent(known_regression.finding_id)}`}>finding</Link>
            </>
          )}
        </Text>
      )}
      {accepted !== null && (
        <Text size="sm">
          Accepted by {accepted.by}
          {accepted.reason === '' ? '' : `: ${accepted.reason}`}
        </Text>
      )}
      {run_ids.length > 1 && (
        <Text size="sm">
          Pooled from{' '}
          {run_ids.map((run_id, at) => (
            <span key={run_id}>
              {at === 0 ? '' : ', '}
              <RunLink run_id={run_id} name={shortId(run_id)} />
            </span>
          ))}
        </Text>
      )}
      {found !== undefined && (
        <Link href={`/findings/${encodeURIComponent(found.finding_id)}`}>
          Finding of this run: {found.kind}, {found.state.replace('_', ' ')}
        </Link>
      )}
      <Link href={`/series/${of.series_id}`}>History of this series</Link>
    </div>
  );
}

const commits = (from: string, to: string): string =>
  from === to ? to.slice(0, 12) : `${from.slice(0, 12)} to ${to.slice(0, 12)}`;

function factsOf(of: MetricVerdict): Fact[] {
  const { baseline, minimum_detectable_percent: detects, more_repetitions } = of;
  return [
    { name: 'Change', value: formatPercentChange(of.change_percent) },
    { name: '95 % CI', value: intervalOf(of) ?? '–' },
    { name: 'Value', value: formatNumber(of.value), unit: of.unit },
    ...(baseline === null
      ? []
      : [
          { name: 'Baseline', value: formatNumber(baseline.level), unit: of.unit },
          { name: 'Points of the baseline', value: baseline.points },
          { name: 'Noise', value: baseline.noise_percent === null ? '–' : `${baseline.noise_percent.toFixed(1)} %` },
        ]),
    { name: 'Smallest change detected', value: detects === null ? '–' : `${detects.toFixed(1)} %` },
    { name: 'Repetitions', value: of.repetitions },
    ...(more_repetitions === null ? [] : [{ name: 'More repetitions needed', value: more_repetitions }]),
    { name: 'Gate', value: of.gate },
  ];
}
