import { branchOf, type CiBuild, type Environment, numberOf, present, repositoryOf } from '../ci-build.ts';

/** Azure Pipelines. Of a pull request BUILD_SOURCEVERSION is a merge of both sides. */
export function azureBuild(environment: Environment): CiBuild {
  const { BUILD_SOURCEBRANCH = '', SYSTEM_COLLECTIONURI, SYSTEM_TEAMPROJECT, BUILD_BUILDID } = environment;
  // Pull requests of GitHub have an id of their own besides their number.
  const pull_request = numberOf(
    environment.SYSTEM_PULLREQUEST_PULLREQUESTNUMBER || environment.SYSTEM_PULLREQUEST_PULLREQUESTID,
  );
  const pushed = /^refs\/heads\/(.+)$/.exec(BUILD_SOURCEBRANCH)?.[1];
  const isOnGitHub = environment.BUILD_REPOSITORY_PROVIDER === 'GitHub';
  return present({
    provider: 'azure',
    commit: environment.BUILD_SOURCEVERSION,
    head_commit: environment.SYSTEM_PULLREQUEST_SOURCECOMMITID,
    branch: pull_request === undefined ? pushed : branchOf(environment.SYSTEM_PULLREQUEST_SOURCEBRANCH),
    tag: /^refs\/tags\/(.+)$/.exec(BUILD_SOURCEBRANCH)?.[1],
    pull_request,
    is_fork: environment.SYSTEM_PULLREQUEST_ISFORK?.toLowerCase() === 'true',
    base_branch: branchOf(environment.SYSTEM_PULLREQUEST_TARGETBRANCH),
    repository: isOnGitHub ? environment.BUILD_REPOSITORY_NAME : repositoryOf(environment.BUILD_REPOSITORY_URI),
    run_url:
      SYSTEM_COLLECTIONURI &&
      SYSTEM_TEAMPROJECT &&
      `${SYSTEM_COLLECTIONURI}${encodeURIComponent(SYSTEM_TEAMPROJECT)}/_build/results?buildId=${BUILD_BUILDID}`,
  });
}
