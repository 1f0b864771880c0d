import type { Source } from '@benchwire/shared/contracts/request.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What GitHub Actions and GitLab CI say of the change that they build. They check out a commit without its branch, which
 * would else count as one of the main line. Empty elsewhere.
 */
export function ciSource(environment: Environment): Source {
  return { ...gitHub(environment), ...gitLab(environment) };
}

function gitHub({ GITHUB_REF = '', GITHUB_HEAD_REF = '', GITHUB_BASE_REF = '' }: Environment): Source {
  const number = /^refs\/pull\/(\d+)\//.exec(GITHUB_REF)?.[1];
  const branch = GITHUB_HEAD_REF === '' ? /^refs\/heads\/(.+)$/.exec(GITHUB_REF)?.[1] : GITHUB_HEAD_REF;
  return {
    ...(branch === undefined ? {} : { branch: branch.slice(0, 256) }),
    ...(number === undefined ? {} : { pull_request: Number(number) }),
    ...(GITHUB_BASE_REF === '' ? {} : { base: GITHUB_BASE_REF.slice(0, 256) }),
  };
}

function gitLab(environment: Environment): Source {
  const { CI_COMMIT_BRANCH = '', CI_MERGE_REQUEST_SOURCE_BRANCH_NAME = '' } = environment;
  const { CI_MERGE_REQUEST_IID = '', CI_MERGE_REQUEST_TARGET_BRANCH_NAME = '' } = environment;
  const branch = CI_MERGE_REQUEST_SOURCE_BRANCH_NAME || CI_COMMIT_BRANCH;
  return {
    ...(branch === '' ? {} : { branch: branch.slice(0, 256) }),
    ...(/^[1-9]\d{0,8}$/.test(CI_MERGE_REQUEST_IID) ? { pull_request: Number(CI_MERGE_REQUEST_IID) } : {}),
    ...(CI_MERGE_REQUEST_TARGET_BRANCH_NAME === '' ? {} : { base: CI_MERGE_REQUEST_TARGET_BRANCH_NAME.slice(0, 256) }),
  };
}
