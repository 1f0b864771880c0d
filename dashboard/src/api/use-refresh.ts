import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTopic } from './live-provider.tsx';
import { invalidateBelow } from './use-api.ts';

/** What a message tells is in the database a moment later: after the last one the question is asked once more. */
const SETTLED_MS = 2000;

/**
 * Asks again for everything below `paths` when something is said on a topic: at once, then at most every `least_ms`, so
 * that a busy run costs a question a second and not one a message, and once more when nothing has been said for a while.
 */
export function useRefresh(topic: string | null, paths: readonly string[], least_ms = 1000): void {
  const client = useQueryClient();
  const next = useRef<ReturnType<typeof setTimeout>>(undefined);
  const settled = useRef<ReturnType<typeof setTimeout>>(undefined);
  const last_ms = useRef(Number.NEGATIVE_INFINITY);
  useEffect(
    () => () => {
      clearTimeout(next.current);
      clearTimeout(settled.current);
      // StrictMode mounts twice: a timer that is gone must not hold up the next one.
      next.current = undefined;
    },
    [],
  );
  useTopic(topic, () => {
    const refresh = (): void => {
      last_ms.current = performance.now();
      for (const path of paths) void invalidateBelow(client, path);
    };
    clearTimeout(settled.current);
    settled.current = setTimeout(refresh, SETTLED_MS);
    if (next.current !== undefined) return;
    const wait_ms = Math.max(150, last_ms.current + least_ms - performance.now());
    next.current = setTimeout(() => {
      next.current = undefined;
      refresh();
    }, wait_ms);
  });
}
