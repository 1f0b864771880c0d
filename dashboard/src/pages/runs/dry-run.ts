import { ApiProblem, call } from '@benchwire/shared/client/http-client.ts';
import type { DryRun } from '@benchwire/shared/contracts/api/runs.ts';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { api } from '../../api/client.ts';

/** Asks the server what a request would become, without starting it. Wait for typing to pause before a new text comes in. */
export function useDryRun(yaml: string): UseQueryResult<DryRun, Error> {
  return useQuery<DryRun, Error>({
    queryKey: ['dry-run', yaml],
    queryFn: ({ signal }) => dryRun(yaml, signal),
    enabled: yaml.trim() !== '',
    staleTime: 10_000,
  });
}

async function dryRun(yaml: string, signal: AbortSignal): Promise<DryRun> {
  const asked = call('POST /api/runs', { query: { dry_run: true }, body: yaml });
  try {
    const answer = await api.send(asked, { content_type: 'application/yaml', signal });
    return 'issues' in answer ? answer : { task_count: answer.task_count, issues: [] };
  } catch (error) {
    if (error instanceof ApiProblem && error.issues.length > 0) return { task_count: 0, issues: error.issues };
    throw error;
  }
}
