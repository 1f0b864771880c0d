import { call } from '@benchwire/shared/client/http-client.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import type { MetricVerdict, RunVerdict as Verdict } from '@benchwire/shared/contracts/verdict.ts';
import { gateWords } from '@benchwire/shared/verdict/gate-words.ts';
import { Button, Checkbox, Group, Skeleton } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { useChange, useGet } from '../../api/use-api.ts';
import { formatNumber } from '../../format/numbers.ts';
import { Panel } from '../../parts/panel.tsx';
import { ReasonDialog } from '../../parts/reason-dialog.tsx';
import { Failure } from '../../parts/states.tsx';
import { VerdictMark } from '../../parts/verdict-mark.tsx';
import { VerdictReason } from './verdict-reason.tsx';
import { VerdictTable } from './verdict-table.tsx';

/** What a run says against its base: the first thing that is read of it. */
export function RunVerdict({ run }: { run: RunRow }): ReactNode {
  const { run_id, finished_at } = run;
  const asked = call('GET /api/runs/:run_id/verdict', { params: { run_id } });
  const { data, error } = useGet(asked, { enabled: finished_at !== null });
  if (finished_at === null) return null;
  if (error !== null)
    return (
      <Panel title="Verdict">
        <Failure error={error} />
      </Panel>
    );
  if (data === undefined) return <Skeleton height={run.completed === 0 ? 0 : 120} mb={16} />;
  if (data.metrics.length + data.not_decided.length === 0) return null;
  return <Told run={run} verdict={data} />;
}

function Told({ run, verdict }: { run: RunRow; verdict: Verdict }): ReactNode {
  const [asked, setAsked] = useState<MetricVerdict>();
  const [with_reported, setWithReported] = useState(false);
  const counting = verdict.metrics.filter(({ gate }) => gate !== 'report');
  const reported = verdict.metrics.length - counting.length;
  const rows = with_reported || counting.length === 0 ? verdict.metrics : counting;
  return (
    <Panel title="Verdict" aside={<Accept run={run} verdict={verdict} />} className="bw-verdict">
      <Group gap="xs" mb={8}>
        <VerdictMark verdict={verdict} />
        <b>{verdict.summary}</b>
      </Group>
      <Doubts verdict={verdict} />
      {rows.length > 0 && <VerdictTable rows={rows} onAsk={setAsked} />}
      {reported > 0 && counting.length > 0 && (
        <Checkbox
          mt={8}
          size="xs"
          checked={with_reported}
          onChange={() => setWithReported(!with_reported)}
          label={`Show ${reported} ${reported === 1 ? 'metric' : 'metrics'} that ${reported === 1 ? 'is' : 'are'} reported and ${reported === 1 ? 'does' : 'do'} not count`}
        />
      )}
      {verdict.left_out > 0 && <p className="bw-note">{verdict.left_out} more metrics are not shown.</p>}
      <p className="bw-note">
        {verdict.gates.map((gate) => `Gate of ${gate.benchmark}: ${gateWords(gate)}`).join(' · ')}
      </p>
      <VerdictReason of={asked} run_id={run.run_id} onClose={() => setAsked(undefined)} />
    </Panel>
  );
}

/** What makes the verdict less than it looks: values left out, and a gate that names what was not measured. */
function Doubts({ verdict: { not_decided, warnings } }: { verdict: Verdict }): ReactNode {
  if (not_decided.length + warnings.length === 0) return null;
  return (
    <ul className="bw-doubts">
      {warnings.map((warning) => (
        <li key={warning}>{warning}</li>
      ))}
      {not_decided.map(({ task_id, series_id, metric, batch_size, value, unit, reason }) => (
        <li key={`${task_id} ${series_id}`}>
          Not decided: {task_id} {metric}
          {batch_size === null ? '' : ` at batch ${batch_size}`}: measured {formatNumber(value)} {unit}, and {reason}
        </li>
      ))}
    </ul>
  );
}

/** For those who may: the level of what became slower is the baseline from this commit on. */
function Accept({ run, verdict }: { run: RunRow; verdict: Verdict }): ReactNode {
  const [asking, setAsking] = useState(false);
  const may_submit = useMay('submitter');
  const { run_id } = run;
  const accept = useChange(
    (body: { reason: string }) => call('POST /api/runs/:run_id/accept', { params: { run_id }, body }),
    ['/api/runs'],
  );
  const moved = verdict.metrics.filter(
    ({ verdict: kind, accepted }) => (kind === 'slower' || kind === 'changed') && accepted === null,
  );
  if (!may_submit || moved.length === 0) return null;
  return (
    <>
      <Button variant="default" size="compact-sm" leftSection={<IconCheck size={16} />} onClick={() => setAsking(true)}>
        Accept
      </Button>
      <ReasonDialog
        opened={asking}
        title="Accept the new level"
        note={`${moved.length === 1 ? '1 metric is' : `${moved.length} metrics are`} slower than the base. From this commit on, that is the level that others are compared with, and this run passes.`}
        action="Accept"
        onClose={() => setAsking(false)}
        onSay={(reason) => accept.mutateAsync({ reason })}
      />
    </>
  );
}
