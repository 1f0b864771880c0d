import { call } from '@benchwire/shared/client/http-client.ts';
import { type HardwareNames, hardwareNames } from '@benchwire/shared/format/hardware-names.ts';
import { type ReactNode, useMemo } from 'react';
import { useGet, usePages } from '../api/use-api.ts';

/** What pools, fingerprints and workers are called. */
export function useHardwareNames(): HardwareNames {
  const { data: workers } = usePages(call('GET /api/workers', { query: { limit: 1000 } }), { every_ms: 30_000 });
  const { data: given } = useGet(call('GET /api/names'), { every_ms: 30_000 });
  return useMemo(() => hardwareNames(workers ?? [], given?.items ?? []), [workers, given]);
}

/** A pool as what it is, its id and what was noted of it in the tooltip. */
export function PoolName({ pool }: { pool: string }): ReactNode {
  const names = useHardwareNames();
  return <Named name={names.pool(pool)} id={pool} note={names.noteOf('pool', pool)} />;
}

/** A worker by the name that it was given, its id and what was noted of it in the tooltip. */
export function WorkerName({ worker_id }: { worker_id: string }): ReactNode {
  const names = useHardwareNames();
  return <Named name={names.worker(worker_id)} id={worker_id} note={names.noteOf('worker', worker_id)} />;
}

function Named({ name, id, note }: { name: string; id: string; note: string }): ReactNode {
  return (
    <span className="bw-name" title={note === '' ? id : `${id}\n${note}`}>
      {name}
    </span>
  );
}
