import type { SchedulerStatus, UnservedNeed } from '@benchwire/shared/contracts/status.ts';
import { Alert } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { formatCount, formatSeconds } from '../../format/numbers.ts';

/** What no worker can serve and what is held back, if there is any. */
export function Troubles({ status: { unserved = [], circuits = [] } }: { status: SchedulerStatus }): ReactNode {
  if (unserved.length === 0 && circuits.length === 0) return null;
  return (
    <Alert color="orange" icon={<IconAlertTriangle size={18} />} title="Some tasks can't run" mb={12} variant="light">
      <ul className="bw-list">
        {unserved.map((need) => (
          <li key={JSON.stringify(need)}>
            {formatCount(need.tasks)} {need.tasks === 1 ? 'task waits' : 'tasks wait'} for a worker with{' '}
            {needText(need)}, the oldest for {formatSeconds(need.oldest_wait_seconds)}
          </li>
        ))}
        {circuits.map((circuit) => (
          <li key={`${circuit.subject} ${circuit.hardware}`}>
            {circuit.subject} on {circuit.hardware} is paused: {circuit.message}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

function needText({ executor, program, pool, requirements }: UnservedNeed): string {
  const { hardware, min_memory_gb, min_cuda_compute, instruction_sets = [], labels } = requirements;
  const parts = [
    `executor ${executor}`,
    ...(program === null ? [] : [`program ${program}`]),
    ...(pool === null ? [] : [`pool ${pool}`]),
    ...(hardware.length === 0 ? [] : [hardware.join(' or ')]),
    ...(min_memory_gb === undefined ? [] : [`${min_memory_gb} GB memory`]),
    ...(min_cuda_compute === undefined ? [] : [`CUDA compute ${min_cuda_compute}`]),
    ...instruction_sets,
    ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
  ];
  return parts.join(', ');
}
