import { call } from '@benchwire/shared/client/http-client.ts';
import { type ReactNode, useMemo } from 'react';
import { usePages } from '../api/use-api.ts';
import { type HardwareNames, hardwareNames } from '../format/hardware-names.ts';

/** What pools and fingerprints are called. */
export function useHardwareNames(): HardwareNames {
  const { data } = usePages(call('GET /api/workers', { query: { limit: 1000 } }), { every_ms: 30_000 });
  return useMemo(() => hardwareNames(data ?? []), [data]);
}

/** A pool as what it is, its id in the tooltip. */
export function PoolName({ pool }: { pool: string }): ReactNode {
  const names = useHardwareNames();
  return (
    <span className="bw-name" title={pool}>
      {names.pool(pool)}
    </span>
  );
}
