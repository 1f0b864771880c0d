import { ApiProblem, call, type SendOptions } from '@benchwire/shared/client/http-client.ts';
import type { Submitted } from '@benchwire/shared/client/submit.ts';
import type { BenchmarkDryRun } from '@benchwire/shared/contracts/api/benchmark.ts';
import type { DryRun } from '@benchwire/shared/contracts/api/runs.ts';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { api } from '../../api/client.ts';

/** What a request would become; of a run of models also what waits, and what was measured already. */
export type Checked = DryRun & Partial<BenchmarkDryRun>;

/** A whole request as YAML, or a run of models as JSON. */
export type RequestKind = 'request' | 'models';

/** Checks a text, or starts it. */
export async function sendWritten(
  kind: RequestKind,
  text: string,
  dry_run: boolean,
  options: SendOptions,
): Promise<Checked | Submitted> {
  const query = { dry_run };
  if (kind === 'models')
    return await api.send(call('POST /api/benchmark/run', { query, body: JSON.parse(text) }), options);
  return await api.send(call('POST /api/runs', { query, body: text }), {
    ...options,
    content_type: 'application/yaml',
  });
}

/** Asks the server what a request would become, without starting it. Wait for typing to pause before a new text comes in. */
export function useDryRun(kind: RequestKind, text: string): UseQueryResult<Checked, Error> {
  return useQuery<Checked, Error>({
    queryKey: ['dry-run', kind, text],
    queryFn: ({ signal }) => dryRun(kind, text, signal),
    enabled: text.trim() !== '',
    staleTime: 10_000,
  });
}

async function dryRun(kind: RequestKind, text: string, signal: AbortSignal): Promise<Checked> {
  try {
    const answer = await sendWritten(kind, text, true, { signal });
    return 'issues' in answer ? answer : { task_count: answer.task_count, issues: [] };
  } catch (error) {
    if (error instanceof ApiProblem && error.issues.length > 0) return { task_count: 0, issues: error.issues };
    throw error;
  }
}
