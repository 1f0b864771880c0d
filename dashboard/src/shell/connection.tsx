import { Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { useLiveState } from '../api/live-provider.tsx';

const WORDS = {
  open: { tone: 'completed', word: 'live' },
  connecting: { tone: 'waiting', word: 'connecting' },
  waiting: { tone: 'failed', word: 'reconnecting' },
  closed: { tone: 'waiting', word: 'not live' },
} as const;

/** Whether the page hears what happens, and whether it missed something. */
export function Connection(): ReactNode {
  const { state, dropped } = useLiveState();
  const { tone, word } = WORDS[state];
  const note =
    dropped === 0
      ? 'Live updates over one WebSocket'
      : `${dropped} messages were dropped because this page was too slow. Reload to see all.`;
  return (
    <Tooltip label={note}>
      <span className="bw-status" data-tone={dropped > 0 ? 'timed_out' : tone} role="status">
        <span className="bw-dot" aria-hidden />
        {dropped > 0 ? `${word}, ${dropped} dropped` : word}
      </span>
    </Tooltip>
  );
}
