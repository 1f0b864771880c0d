import type { Source } from '@benchwire/shared/contracts/request.ts';
import { UsageError } from '../errors.ts';
import type { Git } from '../request/git-history.ts';
import { CI_NAMES, type CiBuild, type CiProvider } from './ci-build.ts';

/** Where a pipeline says that the whole history is fetched. */
const WHOLE_HISTORY = {
  github: 'with: { fetch-depth: 0 } of actions/checkout',
  gitlab: 'variables: { GIT_DEPTH: "0" }',
  jenkins: 'no "Shallow clone" in the branch source\'s behaviours',
  azure: 'fetchDepth: 0 of the checkout step',
  circleci: 'method: full of the checkout step',
  travis: 'git: { depth: false }',
  bitbucket: 'clone: { depth: full }',
  teamcity: 'no shallow clone in the VCS root',
} as const satisfies Record<CiProvider, string>;

/**
 * The commit that a change began at: where git finds that its history leaves the branch that it is for, else what the provider says.
 * @param source - what git knows of the folder, with `base_position` where it found that commit
 * @throws UsageError where a shallow clone or a branch that was not fetched hides it, with the remedy
 */
export async function findBase(git: Git, source: Source, build: Partial<CiBuild>): Promise<string> {
  const { provider, base_branch = 'main', base_commit } = build;
  if (source.base !== undefined && source.base_position !== undefined) return source.base;
  if (base_commit !== undefined) return base_commit;
  const shallow = await git('rev-parse', '--is-shallow-repository');
  const remedy = provider === undefined ? '' : ` For ${CI_NAMES[provider]}: ${WHOLE_HISTORY[provider]}.`;
  if (shallow === 'true')
    throw new UsageError(
      `this is a shallow clone, so the commit that the change began at is not in it: fetch the whole history with \`git fetch --unshallow origin\`, or name the commit with --base.${remedy}`,
    );
  if (shallow === undefined)
    throw new UsageError(
      'this folder is not in a git repository: name the commit that the change began at with --base.',
    );
  throw new UsageError(
    `the branch ${base_branch} is not in this clone, so the commit that the change began at is unknown: run \`git fetch origin +refs/heads/${base_branch}:refs/remotes/origin/${base_branch}\` before, or name the commit with --base.`,
  );
}
