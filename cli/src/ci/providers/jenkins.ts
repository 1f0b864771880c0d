import { type CiBuild, type Environment, numberOf, present, repositoryOf } from '../ci-build.ts';

/** Jenkins' multibranch pipelines. Elsewhere there is no pull request, and the branch is the one of the Git plug-in. */
export function jenkinsBuild(environment: Environment): CiBuild {
  const pull_request = numberOf(environment.CHANGE_ID);
  const branch = pull_request === undefined ? environment.BRANCH_NAME : environment.CHANGE_BRANCH;
  return present({
    provider: 'jenkins',
    commit: environment.GIT_COMMIT,
    branch: environment.TAG_NAME ? undefined : branch || environment.GIT_BRANCH?.replace(/^origin\//, ''),
    tag: environment.TAG_NAME,
    pull_request,
    is_fork: Boolean(environment.CHANGE_FORK),
    base_branch: environment.CHANGE_TARGET,
    repository: repositoryOf(environment.GIT_URL),
    run_url: environment.BUILD_URL,
  });
}
