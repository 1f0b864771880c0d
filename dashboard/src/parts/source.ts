import type { Source } from '@benchwire/shared/contracts/request.ts';

/** The commit of a source, if it names one. */
export function commitOf(source: Source | null): string | null {
  return source?.commit ?? null;
}

/** What of a source says most: the commit's first digits and the branch. */
export function sourceText(source: Source | null): string {
  const { commit, branch, version, pull_request } = source ?? {};
  const parts = [commit?.slice(0, 10), pull_request === undefined ? undefined : `#${pull_request}`, branch, version];
  return parts.filter((part) => part !== undefined).join(' ');
}
