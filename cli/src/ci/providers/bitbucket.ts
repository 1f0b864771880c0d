import { type CiBuild, type Environment, numberOf, present } from '../ci-build.ts';

/**
 * Bitbucket Pipelines. BITBUCKET_PR_DESTINATION_COMMIT is the newest commit of the branch that a pull request is for, not the one that it
 * began at, and pull requests of forks start no pipeline.
 */
export function bitbucketBuild(environment: Environment): CiBuild {
  const { BITBUCKET_GIT_HTTP_ORIGIN, BITBUCKET_BUILD_NUMBER } = environment;
  return present({
    provider: 'bitbucket',
    commit: environment.BITBUCKET_COMMIT,
    branch: environment.BITBUCKET_BRANCH,
    tag: environment.BITBUCKET_TAG,
    pull_request: numberOf(environment.BITBUCKET_PR_ID),
    base_branch: environment.BITBUCKET_PR_DESTINATION_BRANCH,
    repository: environment.BITBUCKET_REPO_FULL_NAME,
    run_url:
      BITBUCKET_GIT_HTTP_ORIGIN &&
      `${BITBUCKET_GIT_HTTP_ORIGIN}/addon/pipelines/home#!/results/${BITBUCKET_BUILD_NUMBER}`,
  });
}
