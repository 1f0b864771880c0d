import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { ApiProblem, type ProblemIssue, send } from '../../api/client.ts';

/** What the server thinks of a request that is not sent yet. */
export interface DryRun {
  task_count: number;
  issues: readonly ProblemIssue[];
}

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
  const options = { query: { dry_run: true }, body: yaml, content_type: 'application/yaml', signal };
  try {
    return await send<DryRun>('POST', '/api/runs', options);
  } catch (error) {
    if (error instanceof ApiProblem && error.issues.length > 0) return { task_count: 0, issues: error.issues };
    throw error;
  }
}
