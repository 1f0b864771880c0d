import { Text } from '@mantine/core';
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import { Log } from './log.tsx';
import { useLiveLog } from './use-live-log.ts';

/** As far from its end a log still follows it, in pixels. */
const NEAR_PX = 40;

/** What a running attempt prints, as it prints it. Follows the end of the log, unless somebody has scrolled up. */
export function LiveLog(of: { run_id: string; task_id: string; attempt: number }): ReactNode {
  const { text, error } = useLiveLog(of);
  const box = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: more text is what moves the end
  useLayoutEffect(() => {
    const log = box.current;
    if (log !== null && follows.current) log.scrollTop = log.scrollHeight;
  }, [text]);
  const scrolled = (): void => {
    const log = box.current;
    if (log !== null) follows.current = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX;
  };
  return (
    <>
      <h3>Log of attempt {of.attempt}, live</h3>
      {error !== undefined && <Text size="sm">The log can't be read now: {error.message}</Text>}
      {text === '' ? (
        <Text size="sm" c="dimmed">
          It has printed nothing yet.
        </Text>
      ) : (
        <Log ref={box} onScroll={scrolled}>
          {text}
        </Log>
      )}
    </>
  );
}
