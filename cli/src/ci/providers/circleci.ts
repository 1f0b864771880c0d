import { type CiBuild, type Environment, numberOf, present } from '../ci-build.ts';

/** CircleCI. It names no base; CIRCLE_PR_NUMBER is there for pull requests of forks only, whose branch is called pull/NUMBER. */
export function circleBuild(environment: Environment): CiBuild {
  const { CIRCLE_PROJECT_USERNAME: owner, CIRCLE_PROJECT_REPONAME: name } = environment;
  return present({
    provider: 'circleci',
    commit: environment.CIRCLE_SHA1,
    branch: environment.CIRCLE_BRANCH,
    tag: environment.CIRCLE_TAG,
    pull_request: numberOf(environment.CIRCLE_PR_NUMBER) ?? numberOf(environment.CIRCLE_PULL_REQUEST),
    is_fork: Boolean(environment.CIRCLE_PR_NUMBER),
    repository: owner && name && `${owner}/${name}`,
    run_url: environment.CIRCLE_BUILD_URL,
  });
}
