import type { SchedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { type UseQueryResult, useQueryClient } from '@tanstack/react-query';
import { useTopic } from './live-provider.tsx';
import { useGet } from './use-api.ts';

const PATH = '/api/pools';

/** How the scheduler stands: asked for once, then as it says each second. */
export function useSchedulerStatus(): UseQueryResult<SchedulerStatus, Error> {
  const client = useQueryClient();
  useTopic('status', ({ data }) => client.setQueryData([PATH, {}], data));
  return useGet<SchedulerStatus>(PATH);
}
