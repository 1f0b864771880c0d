import { type CiBuild, type Environment, numberOf, present } from '../ci-build.ts';

/**
 * GitLab CI. In pipelines for merged results and in merge trains CI_COMMIT_SHA is a merge of both sides, and
 * CI_MERGE_REQUEST_SOURCE_BRANCH_SHA the merge request's own commit.
 */
export function gitLabBuild(environment: Environment): CiBuild {
  const source_project = environment.CI_MERGE_REQUEST_SOURCE_PROJECT_PATH;
  const target_project = environment.CI_MERGE_REQUEST_PROJECT_PATH || environment.CI_PROJECT_PATH;
  const is_train = environment.CI_MERGE_REQUEST_EVENT_TYPE === 'merge_train';
  // Of a merge result the difference begins at the target branch's newest commit, which is in it.
  const target_commit = environment.CI_MERGE_REQUEST_TARGET_BRANCH_SHA;
  return present({
    provider: 'gitlab',
    commit: environment.CI_COMMIT_SHA,
    head_commit: environment.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA,
    branch: environment.CI_MERGE_REQUEST_SOURCE_BRANCH_NAME || environment.CI_COMMIT_BRANCH,
    tag: environment.CI_COMMIT_TAG,
    pull_request: numberOf(environment.CI_MERGE_REQUEST_IID),
    is_fork: Boolean(source_project) && source_project !== target_project,
    is_queued_merge: is_train,
    base_branch: environment.CI_MERGE_REQUEST_TARGET_BRANCH_NAME,
    base_commit: target_commit || environment.CI_MERGE_REQUEST_DIFF_BASE_SHA,
    repository: target_project,
    run_url: environment.CI_JOB_URL || environment.CI_PIPELINE_URL,
  });
}
