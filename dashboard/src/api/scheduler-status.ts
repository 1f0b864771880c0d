import { call } from '@benchwire/shared/client/http-client.ts';
import type { SchedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { type UseQueryResult, useQueryClient } from '@tanstack/react-query';
import { useTopic } from './live-provider.tsx';
import { keyOf, useGet } from './use-api.ts';

const POOLS = call('GET /api/pools');

/** How the scheduler stands: asked for once, then as it says each second. */
export function useSchedulerStatus(): UseQueryResult<SchedulerStatus, Error> {
  const client = useQueryClient();
  useTopic('status', ({ kind, data }) => {
    if (kind === 'status') client.setQueryData(keyOf(POOLS), data);
  });
  return useGet(POOLS);
}
