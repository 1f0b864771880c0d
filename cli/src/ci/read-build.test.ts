import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CiBuild, type Environment, numberOf, repositoryOf } from './ci-build.ts';
import { readProperties } from './providers/teamcity.ts';
import { readBuild, sourceOfBuild } from './read-build.ts';

const HEAD = '3f1c0b5b7c6f0d9b8a7e6d5c4b3a291807f6e5d4';
const MERGE = '9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b';
const BASE = '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567';

type Recorded = [what: string, environment: Environment, expected: CiBuild, event?: unknown];

const GITHUB = {
  CI: 'true',
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/models',
  GITHUB_RUN_ID: '6123456789',
  GITHUB_BASE_REF: '',
  GITHUB_HEAD_REF: '',
};
const ofGitHub = { provider: 'github', repository: 'acme/models' } as const;
const gitHubRun = { run_url: 'https://github.com/acme/models/actions/runs/6123456789' };
const pullRequest = (repo: { full_name: string } | null) => ({
  number: 12,
  pull_request: {
    number: 12,
    head: { ref: 'faster', sha: HEAD, repo },
    base: { ref: 'main', sha: BASE, repo: { full_name: 'acme/models' } },
  },
});
const GITHUB_PULL_REQUEST = {
  ...GITHUB,
  GITHUB_EVENT_NAME: 'pull_request',
  GITHUB_REF: 'refs/pull/12/merge',
  GITHUB_SHA: MERGE,
  GITHUB_HEAD_REF: 'faster',
  GITHUB_BASE_REF: 'main',
};
const gitHubPullRequest = {
  ...ofGitHub,
  ...gitHubRun,
  ...{ commit: MERGE, head_commit: HEAD, branch: 'faster', pull_request: 12, base_branch: 'main' },
};

const GITLAB = {
  GITLAB_CI: 'true',
  CI_PROJECT_PATH: 'acme/models',
  CI_COMMIT_SHA: HEAD,
  CI_JOB_URL: 'https://gitlab.com/acme/models/-/jobs/77',
  CI_PIPELINE_URL: 'https://gitlab.com/acme/models/-/pipelines/7',
};
const ofGitLab = { provider: 'gitlab', repository: 'acme/models', run_url: GITLAB.CI_JOB_URL } as const;
const GITLAB_MERGE_REQUEST = {
  ...GITLAB,
  CI_PIPELINE_SOURCE: 'merge_request_event',
  CI_MERGE_REQUEST_EVENT_TYPE: 'detached',
  CI_MERGE_REQUEST_ID: '190001',
  CI_MERGE_REQUEST_IID: '12',
  CI_MERGE_REQUEST_PROJECT_PATH: 'acme/models',
  CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: 'acme/models',
  CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'faster',
  CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
  CI_MERGE_REQUEST_DIFF_BASE_SHA: BASE,
};
const gitLabMergeRequest = {
  ...ofGitLab,
  ...{ commit: HEAD, branch: 'faster', pull_request: 12, base_branch: 'main', base_commit: BASE },
};

const JENKINS = {
  JENKINS_URL: 'https://ci.example.com/',
  BUILD_URL: 'https://ci.example.com/job/models/job/PR-12/3/',
  GIT_COMMIT: HEAD,
  GIT_URL: 'https://github.com/acme/models.git',
};
const ofJenkins = { provider: 'jenkins', commit: HEAD, repository: 'acme/models', run_url: JENKINS.BUILD_URL } as const;
const JENKINS_CHANGE = { ...JENKINS, BRANCH_NAME: 'PR-12', CHANGE_ID: '12', CHANGE_BRANCH: 'faster' };

const AZURE = {
  TF_BUILD: 'True',
  SYSTEM_COLLECTIONURI: 'https://dev.azure.com/acme/',
  SYSTEM_TEAMPROJECT: 'Model Zoo',
  BUILD_BUILDID: '431',
  BUILD_REPOSITORY_PROVIDER: 'TfsGit',
  BUILD_REPOSITORY_NAME: 'models',
  BUILD_REPOSITORY_URI: 'https://acme@dev.azure.com/acme/Model%20Zoo/_git/models',
  BUILD_SOURCEVERSION: MERGE,
};
const ofAzure = {
  provider: 'azure',
  commit: MERGE,
  repository: 'acme/Model%20Zoo/_git/models',
  run_url: 'https://dev.azure.com/acme/Model%20Zoo/_build/results?buildId=431',
} as const;

const CIRCLE = {
  CIRCLECI: 'true',
  CIRCLE_SHA1: HEAD,
  CIRCLE_PROJECT_USERNAME: 'acme',
  CIRCLE_PROJECT_REPONAME: 'models',
  CIRCLE_BUILD_URL: 'https://circleci.com/gh/acme/models/55',
};
const ofCircle = {
  provider: 'circleci',
  commit: HEAD,
  repository: 'acme/models',
  run_url: CIRCLE.CIRCLE_BUILD_URL,
} as const;

const TRAVIS = {
  TRAVIS: 'true',
  TRAVIS_REPO_SLUG: 'acme/models',
  TRAVIS_BUILD_WEB_URL: 'https://app.travis-ci.com/acme/models/builds/9',
  TRAVIS_JOB_WEB_URL: 'https://app.travis-ci.com/acme/models/jobs/91',
  TRAVIS_PULL_REQUEST: 'false',
  TRAVIS_PULL_REQUEST_BRANCH: '',
  TRAVIS_PULL_REQUEST_SHA: '',
  TRAVIS_PULL_REQUEST_SLUG: '',
  TRAVIS_TAG: '',
};
const ofTravis = { provider: 'travis', repository: 'acme/models', run_url: TRAVIS.TRAVIS_JOB_WEB_URL } as const;
const TRAVIS_PULL_REQUEST = {
  ...TRAVIS,
  TRAVIS_COMMIT: MERGE,
  TRAVIS_BRANCH: 'main',
  TRAVIS_PULL_REQUEST: '12',
  TRAVIS_PULL_REQUEST_BRANCH: 'faster',
  TRAVIS_PULL_REQUEST_SHA: HEAD,
};
const travisPullRequest = {
  ...ofTravis,
  ...{ commit: MERGE, head_commit: HEAD, branch: 'faster', pull_request: 12, base_branch: 'main' },
};

const BITBUCKET = {
  BITBUCKET_BUILD_NUMBER: '31',
  BITBUCKET_COMMIT: HEAD,
  BITBUCKET_REPO_FULL_NAME: 'acme/models',
  BITBUCKET_GIT_HTTP_ORIGIN: 'http://bitbucket.org/acme/models',
};
const ofBitbucket = {
  provider: 'bitbucket',
  commit: HEAD,
  repository: 'acme/models',
  run_url: 'http://bitbucket.org/acme/models/addon/pipelines/home#!/results/31',
} as const;

const RECORDED: readonly Recorded[] = [
  [
    'GitHub: push',
    { ...GITHUB, GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main', GITHUB_SHA: HEAD },
    { ...ofGitHub, ...gitHubRun, commit: HEAD, branch: 'main' },
    { ref: 'refs/heads/main', before: BASE, after: HEAD },
  ],
  ['GitHub: pull request', GITHUB_PULL_REQUEST, gitHubPullRequest, pullRequest({ full_name: 'acme/models' })],
  [
    "GitHub: a fork's pull request",
    GITHUB_PULL_REQUEST,
    { ...gitHubPullRequest, is_fork: true },
    pullRequest({ full_name: 'contributor/models' }),
  ],
  ['GitHub: a deleted fork', GITHUB_PULL_REQUEST, { ...gitHubPullRequest, is_fork: true }, pullRequest(null)],
  [
    'GitHub: tag',
    { ...GITHUB, GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v1.2', GITHUB_SHA: HEAD },
    { ...ofGitHub, ...gitHubRun, commit: HEAD, tag: 'v1.2' },
    { ref: 'refs/tags/v1.2' },
  ],
  [
    'GitHub: merge queue',
    {
      ...GITHUB,
      GITHUB_EVENT_NAME: 'merge_group',
      GITHUB_REF: `refs/heads/gh-readonly-queue/main/pr-104-${BASE}`,
      GITHUB_SHA: MERGE,
    },
    {
      ...ofGitHub,
      ...gitHubRun,
      ...{ commit: MERGE, branch: `gh-readonly-queue/main/pr-104-${BASE}`, pull_request: 104, is_queued_merge: true },
      ...{ base_branch: 'main', base_commit: BASE },
    },
    { action: 'checks_requested', merge_group: { head_sha: MERGE, base_sha: BASE, base_ref: 'refs/heads/main' } },
  ],
  [
    'GitHub: after the workflow of a fork',
    { ...GITHUB, GITHUB_EVENT_NAME: 'workflow_run', GITHUB_REF: 'refs/heads/main', GITHUB_SHA: BASE },
    { ...ofGitHub, ...gitHubRun, commit: HEAD, branch: 'faster', is_fork: true },
    {
      workflow_run: {
        ...{ head_sha: HEAD, head_branch: 'faster', event: 'pull_request', pull_requests: [] },
        head_repository: { full_name: 'contributor/models' },
      },
    },
  ],
  ['GitLab: push', { ...GITLAB, CI_COMMIT_BRANCH: 'main' }, { ...ofGitLab, commit: HEAD, branch: 'main' }],
  ['GitLab: merge request', GITLAB_MERGE_REQUEST, gitLabMergeRequest],
  [
    "GitLab: a fork's merge request",
    {
      ...GITLAB_MERGE_REQUEST,
      CI_PROJECT_PATH: 'contributor/models',
      CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: 'contributor/models',
    },
    { ...gitLabMergeRequest, is_fork: true },
  ],
  ['GitLab: tag', { ...GITLAB, CI_COMMIT_TAG: 'v1.2' }, { ...ofGitLab, commit: HEAD, tag: 'v1.2' }],
  [
    'GitLab: merge train',
    {
      ...GITLAB_MERGE_REQUEST,
      CI_COMMIT_SHA: MERGE,
      CI_MERGE_REQUEST_EVENT_TYPE: 'merge_train',
      CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: HEAD,
      CI_MERGE_REQUEST_TARGET_BRANCH_SHA: BASE,
      CI_MERGE_REQUEST_DIFF_BASE_SHA: '1111111111111111111111111111111111111111',
    },
    { ...gitLabMergeRequest, commit: MERGE, head_commit: HEAD, is_queued_merge: true },
  ],
  ['Jenkins: push', { ...JENKINS, BRANCH_NAME: 'main', GIT_BRANCH: 'main' }, { ...ofJenkins, branch: 'main' }],
  ['Jenkins: a job without branches', { ...JENKINS, GIT_BRANCH: 'origin/main' }, { ...ofJenkins, branch: 'main' }],
  [
    'Jenkins: pull request',
    { ...JENKINS_CHANGE, CHANGE_TARGET: 'main' },
    { ...ofJenkins, branch: 'faster', pull_request: 12, base_branch: 'main' },
  ],
  [
    "Jenkins: a fork's pull request",
    { ...JENKINS_CHANGE, CHANGE_TARGET: 'main', CHANGE_FORK: 'contributor' },
    { ...ofJenkins, branch: 'faster', pull_request: 12, base_branch: 'main', is_fork: true },
  ],
  ['Jenkins: tag', { ...JENKINS, BRANCH_NAME: 'v1.2', TAG_NAME: 'v1.2' }, { ...ofJenkins, tag: 'v1.2' }],
  [
    'Azure: push',
    { ...AZURE, BUILD_SOURCEVERSION: HEAD, BUILD_SOURCEBRANCH: 'refs/heads/release/1.2' },
    { ...ofAzure, commit: HEAD, branch: 'release/1.2' },
  ],
  [
    'Azure: pull request',
    {
      ...AZURE,
      BUILD_REASON: 'PullRequest',
      BUILD_SOURCEBRANCH: 'refs/pull/12/merge',
      SYSTEM_PULLREQUEST_PULLREQUESTID: '12',
      SYSTEM_PULLREQUEST_SOURCEBRANCH: 'refs/heads/faster',
      SYSTEM_PULLREQUEST_SOURCECOMMITID: HEAD,
      SYSTEM_PULLREQUEST_TARGETBRANCH: 'refs/heads/main',
      SYSTEM_PULLREQUEST_ISFORK: 'False',
    },
    { ...ofAzure, head_commit: HEAD, branch: 'faster', pull_request: 12, base_branch: 'main' },
  ],
  [
    "Azure: a pull request of a fork on GitHub, which has a number besides its id, and a branch's short name",
    {
      ...AZURE,
      BUILD_REPOSITORY_PROVIDER: 'GitHub',
      BUILD_REPOSITORY_NAME: 'acme/models',
      BUILD_SOURCEBRANCH: 'refs/pull/12/merge',
      SYSTEM_PULLREQUEST_PULLREQUESTID: '512345678',
      SYSTEM_PULLREQUEST_PULLREQUESTNUMBER: '12',
      SYSTEM_PULLREQUEST_SOURCEBRANCH: 'faster',
      SYSTEM_PULLREQUEST_SOURCECOMMITID: HEAD,
      SYSTEM_PULLREQUEST_TARGETBRANCH: 'main',
      SYSTEM_PULLREQUEST_ISFORK: 'True',
    },
    {
      ...ofAzure,
      ...{ repository: 'acme/models', head_commit: HEAD, branch: 'faster', pull_request: 12, base_branch: 'main' },
      is_fork: true,
    },
  ],
  ['Azure: tag', { ...AZURE, BUILD_SOURCEBRANCH: 'refs/tags/v1.2' }, { ...ofAzure, tag: 'v1.2' }],
  ['CircleCI: push', { ...CIRCLE, CIRCLE_BRANCH: 'main' }, { ...ofCircle, branch: 'main' }],
  [
    'CircleCI: pull request',
    { ...CIRCLE, CIRCLE_BRANCH: 'faster', CIRCLE_PULL_REQUEST: 'https://github.com/acme/models/pull/12' },
    { ...ofCircle, branch: 'faster', pull_request: 12 },
  ],
  [
    "CircleCI: a fork's pull request",
    {
      ...CIRCLE,
      CIRCLE_BRANCH: 'pull/12',
      CIRCLE_PR_NUMBER: '12',
      CIRCLE_PR_USERNAME: 'contributor',
      CIRCLE_PULL_REQUEST: 'https://github.com/acme/models/pull/12',
    },
    { ...ofCircle, branch: 'pull/12', pull_request: 12, is_fork: true },
  ],
  ['CircleCI: tag', { ...CIRCLE, CIRCLE_TAG: 'v1.2' }, { ...ofCircle, tag: 'v1.2' }],
  [
    'Travis: push',
    { ...TRAVIS, TRAVIS_COMMIT: HEAD, TRAVIS_BRANCH: 'main' },
    { ...ofTravis, commit: HEAD, branch: 'main' },
  ],
  ['Travis: pull request', { ...TRAVIS_PULL_REQUEST, TRAVIS_PULL_REQUEST_SLUG: 'acme/models' }, travisPullRequest],
  [
    "Travis: a fork's pull request",
    { ...TRAVIS_PULL_REQUEST, TRAVIS_PULL_REQUEST_SLUG: 'contributor/models' },
    { ...travisPullRequest, is_fork: true },
  ],
  [
    'Travis: tag, where TRAVIS_BRANCH is the tag',
    { ...TRAVIS, TRAVIS_COMMIT: HEAD, TRAVIS_BRANCH: 'v1.2', TRAVIS_TAG: 'v1.2' },
    { ...ofTravis, commit: HEAD, tag: 'v1.2' },
  ],
  ['Bitbucket: push', { ...BITBUCKET, BITBUCKET_BRANCH: 'main' }, { ...ofBitbucket, branch: 'main' }],
  [
    'Bitbucket: pull request',
    {
      ...BITBUCKET,
      BITBUCKET_BRANCH: 'faster',
      BITBUCKET_PR_ID: '12',
      BITBUCKET_PR_DESTINATION_BRANCH: 'main',
      BITBUCKET_PR_DESTINATION_COMMIT: BASE.slice(0, 12),
    },
    { ...ofBitbucket, branch: 'faster', pull_request: 12, base_branch: 'main' },
  ],
  ['Bitbucket: tag', { ...BITBUCKET, BITBUCKET_TAG: 'v1.2' }, { ...ofBitbucket, tag: 'v1.2' }],
];

function inFolder(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bw-ci-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe('what a provider says of its job', () => {
  it.each(RECORDED)('%s', (_, environment, expected, event) => {
    const payload = event === undefined ? {} : { GITHUB_EVENT_PATH: inFolder('event.json', JSON.stringify(event)) };
    expect(readBuild({ ...environment, ...payload })).toEqual(expected);
  });

  it.each([
    ['push', { 'teamcity.build.branch': '<default>' }, { branch: 'main' }],
    ['push to a branch', { 'teamcity.build.branch': 'release/1.2' }, { branch: 'release/1.2' }],
    [
      'pull request',
      {
        'teamcity.build.branch': 'pull/12',
        'teamcity.pullRequest.number': '12',
        'teamcity.pullRequest.source.branch': 'refs/heads/faster',
        'teamcity.pullRequest.target.branch': 'refs/heads/main',
      },
      { branch: 'faster', pull_request: 12, base_branch: 'main' },
    ],
  ])('TeamCity, whose parameters are in a file that a file names: %s', (_, parameters, expected) => {
    const root = { 'vcsroot.url': 'git@github.com:acme/models.git', 'vcsroot.branch': 'refs/heads/main' };
    const written = Object.entries({ ...root, ...parameters }).map(
      ([name, value]) => `${name}=${value.replaceAll(':', '\\:')}`,
    );
    const configuration = inFolder('config.properties', `#Mon Nov 30\n${written.join('\n')}\n`);
    const build = inFolder(
      'build.properties',
      `build.number=7\nteamcity.configuration.properties.file=${configuration}\n`,
    );
    const BUILD_URL = 'https://teamcity.example.com/viewLog.html?buildId=7';
    const environment = { TEAMCITY_VERSION: '2025.11', BUILD_VCS_NUMBER: HEAD, BUILD_URL };
    expect(readBuild({ ...environment, TEAMCITY_BUILD_PROPERTIES_FILE: build })).toEqual({
      ...{ provider: 'teamcity', commit: HEAD, repository: 'acme/models', run_url: BUILD_URL },
      ...expected,
    });
    expect(readBuild(environment)).toEqual({ provider: 'teamcity', commit: HEAD, run_url: BUILD_URL });
  });

  it('is not there outside of CI, and survives a payload that is cut off', () => {
    expect(readBuild({ CI: 'true', PATH: '/bin' })).toBeUndefined();
    const cut = { ...GITHUB_PULL_REQUEST, GITHUB_EVENT_PATH: inFolder('event.json', '{"pull_req') };
    const { head_commit: _, ...expected } = gitHubPullRequest;
    expect(readBuild(cut)).toEqual(expected);
  });
});

it('a build becomes the source of a run', () => {
  expect(sourceOfBuild(readBuild(GITLAB_MERGE_REQUEST))).toEqual({ branch: 'faster', pull_request: 12, base: 'main' });
  expect(sourceOfBuild(undefined)).toEqual({});
});

it.each([
  ['12', 12],
  ['https://github.com/acme/models/pull/12', 12],
  ['false', undefined],
  ['', undefined],
  ['0', undefined],
  ['12a', undefined],
])('the number of pull request %j is %j', (text, expected) => {
  expect(numberOf(text)).toBe(expected);
});

it.each([
  ['https://github.com/acme/models.git', 'acme/models'],
  ['https://x:token@gitlab.com/group/sub/models.git', 'group/sub/models'],
  ['git@github.com:acme/models.git', 'acme/models'],
  ['ssh://git@bitbucket.org/acme/models', 'acme/models'],
  ['/srv/git/models.git', undefined],
])('the repository of %s is %s', (address, expected) => {
  expect(repositoryOf(address)).toBe(expected);
});

it('reads properties as Java writes them', () => {
  const text = '#comment\n! too\na.b=c\\:d\nname\\ with\\ blanks : v\\u00e4lue\nempty=\npath=C\\:\\\\agent\n';
  expect(readProperties(text)).toEqual({
    'a.b': 'c:d',
    'name with blanks': 'välue',
    empty: '',
    path: 'C:\\agent',
  });
});
