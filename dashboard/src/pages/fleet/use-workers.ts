import type { Heartbeat } from '@benchwire/shared/contracts/worker.ts';
import { type InfiniteData, type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { useTopic } from '../../api/live-provider.tsx';
import type { Page, WorkerNow } from '../../api/types.ts';
import { usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';

const PATH = '/api/workers';
const QUERY = { limit: 1000 };
const KEY: QueryKey = [PATH, QUERY, 'pages'];

type Workers = InfiniteData<Page<WorkerNow>>;

/** Every worker with its newest heartbeat, as heartbeats come. */
export function useWorkers(): ReturnType<typeof usePages<WorkerNow>> {
  const client = useQueryClient();
  const waiting = useRef(new Map<string, Heartbeat>());
  const last_ms = useRef(0);
  useRefresh('events', [PATH], 2000);
  useTopic('heartbeats', ({ data }) => {
    for (const heartbeat of listOf(data)) waiting.current.set(heartbeat.worker_id, heartbeat);
    // Of a large fleet hundreds come in a second: they are shown together, once a second.
    if (performance.now() - last_ms.current < 900) return;
    last_ms.current = performance.now();
    const newest = waiting.current;
    waiting.current = new Map();
    client.setQueryData<Workers>(KEY, (known) => (known === undefined ? known : withHeartbeats(known, newest)));
  });
  return usePages<WorkerNow>(PATH, QUERY, { every_ms: 30_000 });
}

const listOf = (data: unknown): Heartbeat[] => (Array.isArray(data) ? data : [data]) as Heartbeat[];

function withHeartbeats(known: Workers, newest: ReadonlyMap<string, Heartbeat>): Workers {
  const pages = known.pages.map((page) => ({
    ...page,
    items: page.items.map((worker) => {
      const heartbeat = newest.get(worker.worker_id);
      return heartbeat === undefined ? worker : { ...worker, heartbeat };
    }),
  }));
  return { ...known, pages };
}
