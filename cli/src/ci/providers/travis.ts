import { type CiBuild, type Environment, numberOf, present } from '../ci-build.ts';

/** Travis CI. Of a pull request TRAVIS_COMMIT is a merge of both sides, and TRAVIS_BRANCH the branch that it is for. */
export function travisBuild(environment: Environment): CiBuild {
  const pull_request = numberOf(environment.TRAVIS_PULL_REQUEST);
  const isPullRequest = pull_request !== undefined;
  const { TRAVIS_BRANCH, TRAVIS_TAG, TRAVIS_REPO_SLUG, TRAVIS_PULL_REQUEST_SLUG } = environment;
  return present({
    provider: 'travis',
    commit: environment.TRAVIS_COMMIT,
    head_commit: isPullRequest ? environment.TRAVIS_PULL_REQUEST_SHA : undefined,
    branch: isPullRequest ? environment.TRAVIS_PULL_REQUEST_BRANCH : TRAVIS_TAG ? undefined : TRAVIS_BRANCH,
    tag: TRAVIS_TAG,
    pull_request,
    is_fork: isPullRequest && TRAVIS_PULL_REQUEST_SLUG !== TRAVIS_REPO_SLUG,
    base_branch: isPullRequest ? TRAVIS_BRANCH : undefined,
    repository: TRAVIS_REPO_SLUG,
    run_url: environment.TRAVIS_JOB_WEB_URL || environment.TRAVIS_BUILD_WEB_URL,
  });
}
