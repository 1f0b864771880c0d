/** What of a source (its JSON, empty for none) says most: the commit's first digits and the branch. */
export function sourceText(source: string): string {
  if (source === '') return '';
  const { commit, branch, version, pull_request } = JSON.parse(source) as Record<string, string | number | undefined>;
  const parts = [
    commit === undefined ? undefined : String(commit).slice(0, 10),
    pull_request === undefined ? undefined : `#${pull_request}`,
    branch,
    version,
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}
