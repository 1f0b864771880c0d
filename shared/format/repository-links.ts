import type { RepositoryPatterns } from '../contracts/http.ts';
import type { Source } from '../contracts/request.ts';

export const NO_PATTERNS: RepositoryPatterns = { url: null, commit_url: null, range_url: null };

type Patterns = { commit: string; range: string };

const GITHUB: Patterns = { commit: '{repo}/commit/{commit}', range: '{repo}/compare/{from}...{to}' };
const GITLAB: Patterns = { commit: '{repo}/-/commit/{commit}', range: '{repo}/-/compare/{from}...{to}' };
const BITBUCKET: Patterns = { commit: '{repo}/commits/{commit}', range: '{repo}/branches/compare/{to}..{from}' };
const AZURE: Patterns = {
  commit: '{repo}/commit/{commit}',
  range: '{repo}/branchCompare?baseVersion=GC{from}&targetVersion=GC{to}',
};

/** Hosts by their names; a company's own `gitlab.example.com` counts. */
const HOSTS: ReadonlyArray<[RegExp, Patterns]> = [
  [/(^|[.-])github[.-]/, GITHUB],
  [/(^|[.-])gitlab[.-]/, GITLAB],
  [/^bitbucket\.org$/, BITBUCKET],
  [/^dev\.azure\.com$|\.visualstudio\.com$/, AZURE],
  [/^codeberg\.org$|(^|[.-])(gitea|forgejo)[.-]/, GITHUB],
];

/**
 * The page of a repository for what `git remote` says: `git@github.com:a/b.git` is `https://github.com/a/b`. Without login, port
 * of SSH, query and fragment; undefined for whatever has no page, such as a folder. Pure.
 */
export function repositoryPage(remote: string): string | undefined {
  const text = remote.trim();
  const scp = /^(?:[\w.-]+@)?([\w.-]+\.[\w-]+):(?!\/\/)(.+)$/.exec(text);
  const url = parsed(scp === null ? text : `ssh://${scp[1]}/${scp[2]}`);
  if (url === undefined || !/^(https?|ssh|git):$/.test(url.protocol) || url.hostname === '') return undefined;
  const is_web = url.protocol.startsWith('http');
  const host = is_web ? url.host : url.hostname;
  const path = url.pathname.replace(/\/+$/, '').replace(/\.git$/, '');
  if (path === '') return undefined;
  const [, organisation, project, name] = /^\/v3\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (host === 'ssh.dev.azure.com' && name !== undefined)
    return `https://dev.azure.com/${organisation}/${project}/_git/${name}`;
  return `${url.protocol === 'http:' ? 'http' : 'https'}://${host}${path}`;
}

/** The page of a commit in the repository that a run's source, or else the server, names; undefined where none is known. Pure. */
export function commitLink(source: Source | null, patterns: RepositoryPatterns): string | undefined {
  const commit = source?.commit;
  return commit === undefined ? undefined : link('commit', source, { commit }, patterns);
}

/** The page of what changed from one commit to another one of the same repository. Pure. */
export function rangeLink(from: Source | null, to: Source | null, patterns: RepositoryPatterns): string | undefined {
  const [before, after] = [from?.commit, to?.commit];
  if (before === undefined || after === undefined || before === after) return undefined;
  if (repositoryOf(from, patterns) !== repositoryOf(to, patterns)) return undefined;
  return link('range', to, { from: before, to: after }, patterns);
}

function repositoryOf(source: Source | null, patterns: RepositoryPatterns): string | undefined {
  return repositoryPage(source?.repo ?? patterns.url ?? '');
}

function link(
  kind: keyof Patterns,
  source: Source | null,
  commits: Record<string, string>,
  patterns: RepositoryPatterns,
): string | undefined {
  const repo = repositoryOf(source, patterns);
  const host = repo === undefined ? '' : new URL(repo).hostname;
  const known = HOSTS.find(([name]) => name.test(host))?.[1][kind];
  const pattern = known ?? (kind === 'commit' ? patterns.commit_url : patterns.range_url);
  if (pattern === null || (repo === undefined && pattern.includes('{repo}'))) return undefined;
  const filled = pattern.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = commits[name];
    if (value !== undefined) return encodeURIComponent(value);
    return name === 'repo' ? (repo ?? '') : whole;
  });
  // What a request says is text of anyone: only a page of the web becomes a link.
  return /^https?:$/.test(parsed(filled)?.protocol ?? '') ? filled : undefined;
}

function parsed(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
