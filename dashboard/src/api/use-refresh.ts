import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTopic } from './live-provider.tsx';
import { invalidateBelow } from './use-api.ts';

/**
 * Asks again for everything below `paths` when something is said on a topic: at once, and then at most every `least_ms`,
 * so that a busy run costs a question a second and not one a message.
 */
export function useRefresh(topic: string | null, paths: readonly string[], least_ms = 1000): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const last_ms = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  useTopic(topic, () => {
    if (timer.current !== undefined) return;
    const wait_ms = Math.max(150, last_ms.current + least_ms - performance.now());
    timer.current = setTimeout(() => {
      timer.current = undefined;
      last_ms.current = performance.now();
      for (const path of paths) void invalidateBelow(client, path);
    }, wait_ms);
  });
}
