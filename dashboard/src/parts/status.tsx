import {
  IconAlertTriangle,
  IconBan,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconClockExclamation,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlugConnectedX,
  type IconProps,
} from '@tabler/icons-react';
import type { ComponentType, ReactNode } from 'react';

/** What a state looks like: a sign of its own, so that nobody needs the colour. */
const SIGNS: Record<string, { icon: ComponentType<IconProps>; tone: string; label?: string }> = {
  waiting: { icon: IconCircleDashed, tone: 'waiting' },
  running: { icon: IconPlayerPlay, tone: 'running' },
  completed: { icon: IconCircleCheck, tone: 'completed' },
  partly_failed: { icon: IconCircleX, tone: 'failed', label: 'partly failed' },
  failed: { icon: IconCircleX, tone: 'failed' },
  timed_out: { icon: IconClockExclamation, tone: 'timed_out', label: 'timed out' },
  cancelled: { icon: IconBan, tone: 'cancelled' },
  cancelling: { icon: IconBan, tone: 'cancelled' },
  lost: { icon: IconPlugConnectedX, tone: 'lost' },
  ready: { icon: IconCircleCheck, tone: 'completed' },
  draining: { icon: IconPlayerPause, tone: 'timed_out' },
  paused: { icon: IconPlayerPause, tone: 'timed_out' },
  quarantined: { icon: IconAlertTriangle, tone: 'failed' },
  sent: { icon: IconCircleCheck, tone: 'completed' },
  sending: { icon: IconPlayerPlay, tone: 'running' },
  retrying: { icon: IconClockExclamation, tone: 'timed_out' },
  left: { icon: IconPlugConnectedX, tone: 'cancelled' },
};

const unknown = { icon: IconCircleDashed, tone: 'waiting' };

/** A state of a run, a task or a worker: sign and word. */
export function Status({ state }: { state: string }): ReactNode {
  const { icon: Icon, tone, label } = { label: undefined, ...(SIGNS[state] ?? unknown) };
  return (
    <span className="bw-status" data-tone={tone}>
      <Icon size={15} stroke={2} aria-hidden />
      {label ?? state}
    </span>
  );
}
