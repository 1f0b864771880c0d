import type { ChangedFiles } from '@benchwire/shared/client/changed-files.ts';
import { isRecord } from '@benchwire/shared/runtime/is-record.ts';

/**
 * A request for the files as they are: its source names the commit that the workers have now, where all have the same and nothing is
 * uncommitted, and else none, for the run is not of the old one. Pure.
 */
export function ofFilesNow<R extends { source?: unknown }>(request: R, changed: readonly ChangedFiles[]): R {
  if (!isRecord(request.source)) return request;
  const { commit: _, parents: __, position: ___, ...source } = request.source;
  const commits = new Set(changed.map(({ now }) => (now.git_changes === 'none' ? (now.git_commit ?? null) : null)));
  const [commit] = commits.size === 1 ? commits : [];
  return { ...request, source: typeof commit === 'string' ? { ...source, commit } : source };
}
