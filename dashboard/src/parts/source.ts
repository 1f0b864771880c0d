type SourceFields = Partial<Record<'commit' | 'branch' | 'version' | 'pull_request', string | number>>;

const readSource = (source: string): SourceFields => (source === '' ? {} : (JSON.parse(source) as SourceFields));

/** The commit of a source (its JSON, empty for none), if it names one. */
export function commitOf(source: string): string | null {
  const { commit } = readSource(source);
  return commit === undefined ? null : String(commit);
}

/** What of a source (its JSON, empty for none) says most: the commit's first digits and the branch. */
export function sourceText(source: string): string {
  const { commit, branch, version, pull_request } = readSource(source);
  const parts = [
    commit === undefined ? undefined : String(commit).slice(0, 10),
    pull_request === undefined ? undefined : `#${pull_request}`,
    branch,
    version,
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}
