import { call } from '@benchwire/shared/client/http-client.ts';
import type { WorkerNow } from '@benchwire/shared/contracts/api/fleet.ts';
import type { Page } from '@benchwire/shared/contracts/api/lists.ts';
import type { Heartbeat } from '@benchwire/shared/contracts/worker.ts';
import { type InfiniteData, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { useTopic } from '../../api/live-provider.tsx';
import { pagesKeyOf, usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';

const WORKERS = call('GET /api/workers', { query: { limit: 1000 } });

type Workers = InfiniteData<Page<WorkerNow>>;

/** Every worker with its newest heartbeat, as heartbeats come. */
export function useWorkers(): ReturnType<typeof usePages<WorkerNow>> {
  const client = useQueryClient();
  const waiting = useRef(new Map<string, Heartbeat>());
  const last_ms = useRef(0);
  useRefresh('events', [WORKERS.path], 2000);
  useTopic('heartbeats', ({ kind, data: heartbeat }) => {
    if (kind !== 'heartbeats') return;
    waiting.current.set(heartbeat.worker_id, heartbeat);
    // Of a large fleet hundreds come in a second: they are shown together, once a second.
    if (performance.now() - last_ms.current < 900) return;
    last_ms.current = performance.now();
    const newest = waiting.current;
    waiting.current = new Map();
    client.setQueryData<Workers>(pagesKeyOf(WORKERS), (known) =>
      known === undefined ? known : withHeartbeats(known, newest),
    );
  });
  return usePages(WORKERS, { every_ms: 30_000 });
}

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
