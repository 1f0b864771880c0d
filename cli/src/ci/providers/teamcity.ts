import { branchOf, type CiBuild, type Environment, numberOf, present, repositoryOf } from '../ci-build.ts';

/**
 * TeamCity. Its variables have the commit only; branch and pull request (of the build feature *Pull Requests*) are parameters of the
 * build, in the file that `readProperties` has read.
 * @param payload - the parameters, by name
 */
export function teamCityBuild(environment: Environment, payload: unknown): CiBuild {
  const parameters = (payload ?? {}) as Readonly<Record<string, string | undefined>>;
  const pull_request = numberOf(parameters['teamcity.pullRequest.number']);
  const built = branchOf(parameters['teamcity.build.branch']);
  const root = parameters['vcsroot.url'];
  return present({
    provider: 'teamcity',
    commit: environment.BUILD_VCS_NUMBER || parameters['build.vcs.number'],
    // <default> is the default branch, whose name is a parameter of the VCS root.
    branch:
      pull_request === undefined
        ? built === '<default>'
          ? branchOf(parameters['vcsroot.branch'])
          : built
        : branchOf(parameters['teamcity.pullRequest.source.branch']),
    pull_request,
    base_branch: branchOf(parameters['teamcity.pullRequest.target.branch']),
    repository: repositoryOf(root),
    run_url: environment.BUILD_URL,
  });
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Java's properties: `name=value` a line, with `\` before what would mean something else. */
export function readProperties(text: string): Record<string, string> {
  const plain = (part: string): string =>
    part.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, hex: string | undefined, sign = '') =>
      hex === undefined ? (ESCAPED[sign] ?? sign) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
  const found: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = /^\s*((?:[^\\=:\s#!]|\\.)(?:[^\\=:\s]|\\.)*)\s*[=:]?\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) found[plain(name)] = plain(value ?? '');
  }
  return found;
}
