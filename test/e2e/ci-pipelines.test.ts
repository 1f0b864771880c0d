import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodeHosts } from '@benchwire/cli/test-support/code-hosts.ts';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { type LocalStack, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bw, startProgram } from '../support/bw.ts';
import { pathOf, pipelineSchemas, tellIfMissing } from '../support/test-tools.ts';

/** The files that `bw ci init` writes: against the providers' schemas, and their commands with the providers' variables. */

const folder = mkdtempSync(join(tmpdir(), 'bw-pipelines-'));
const PROVIDERS = ['github', 'gitlab', 'jenkins', 'azure', 'circleci', 'travis', 'bitbucket', 'teamcity'] as const;
type Provider = (typeof PROVIDERS)[number];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a provider's files into a folder of its own. */
async function init(provider: Provider): Promise<{ cwd: string; files: string[] }> {
  const cwd = mkdtempSync(join(folder, `${provider}-`));
  const source = 'https://git.example.com/benchwire.git';
  const { code, stdout, stderr } = await bw(['ci', 'init', provider, '--source', source], { env: {}, cwd });
  expect(code, stderr).toBe(0);
  return { cwd, files: stdout.trim().split('\n') };
}

type Node = Record<string, unknown>;
interface Step {
  name?: string;
  run?: string;
  script?: string;
}

const schemas = pipelineSchemas();
tellIfMissing("pipeline files against the providers' schemas", schemas);

describe.skipIf('missing' in schemas)("the providers' schemas", () => {
  const accepts = (name: string) =>
    new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false, logger: false }).compile(
      JSON.parse(readFileSync(join(pathOf(schemas), `${name}.json`), 'utf8')) as Node,
    );
  // Jenkins and TeamCity read Groovy and Kotlin, for which there is no schema.
  it.each<[Provider, string, RegExp, string]>([
    ['github', 'github-workflows', /runs-on: \S+/g, 'runs-at: ubuntu-latest'],
    ['gitlab', 'gitlab-ci', /when: always/, 'when: sometimes'],
    ['azure', 'azure-pipelines', /^steps:/m, 'stepps:'],
    ['circleci', 'circle-ci', /- image: \S+/, '- imagination: node'],
    ['travis', 'travis', /depth: false/, 'depth: [deep]'],
    ['bitbucket', 'bitbucket-pipelines', /depth: full/, 'depth: deep'],
  ])('%s: accepted, and with a mistake refused', async (provider, name, right, wrong) => {
    const { cwd, files } = await init(provider);
    const check = accepts(name);
    for (const file of files) {
      const text = readFileSync(join(cwd, file), 'utf8');
      expect([check(parse(text, { merge: true })), check.errors ?? []]).toEqual([true, []]);
      expect(text).toMatch(right);
      expect(check(parse(text.replace(right, wrong), { merge: true }))).toBe(false);
    }
  });
});

/** What a file has its provider run, in order. */
function commandsOf(provider: Provider, text: string): string {
  if (provider === 'jenkins') return /sh '''([\s\S]*?)'''/.exec(text)?.[1] ?? '';
  if (provider === 'teamcity') return /"""([\s\S]*?)"""/.exec(text)?.[1]?.replaceAll(`\${"$"}`, '$') ?? '';
  const file = parse(text, { merge: true }) as Node;
  switch (provider) {
    case 'github': {
      const jobs = file.jobs as Record<string, { steps: Step[] }>;
      const { steps } = jobs.measure ?? (jobs.claim as { steps: Step[] });
      return steps.map(({ run = '' }) => run).join('\n');
    }
    case 'gitlab': {
      const job = file.benchwire as { before_script: string[]; script: string[] };
      return [...job.before_script, ...job.script].join('\n');
    }
    case 'azure':
      return (file.steps as Step[]).map(({ script = '' }) => script).join('\n');
    case 'circleci': {
      const { steps } = (file.jobs as { benchwire: { steps: Array<{ run?: { command: string } }> } }).benchwire;
      return steps.map(({ run }) => run?.command ?? '').join('\n');
    }
    case 'travis':
      return [...(file.install as string[]), ...(file.script as string[])].join('\n');
    case 'bitbucket': {
      const requests = (file.pipelines as { 'pull-requests': Record<string, Array<{ step: { script: string[] } }>> })[
        'pull-requests'
      ];
      return (requests['**']?.[0]?.step.script ?? []).join('\n');
    }
    default:
      return provider satisfies never;
  }
}

describe('their commands', () => {
  const origin = join(folder, 'origin.git');
  const measured = join(folder, 'measured');
  const programs = join(folder, 'bin');
  let stack: LocalStack;
  let hosts: CodeHosts;
  let api_url: string;
  let base: string;
  let head: string;

  function git(cwd: string, ...args: string[]): string {
    const identity = ['-c', 'user.email=test@localhost', '-c', 'user.name=test'];
    return execFileSync('git', [...identity, ...args], { cwd, encoding: 'utf8' }).trim();
  }

  /** A repository with a request that takes no time, and a branch that changes nothing of it. */
  function makeRepository(): void {
    const made = join(folder, 'made');
    mkdirSync(made);
    git(made, 'init', '--quiet', '--initial-branch', 'main');
    const command = ['node', '-e', 'console.log(JSON.stringify({metric:"latency_ms",unit:"ms",value:12.5}))'];
    const prepare = ['git', 'checkout', '--quiet', '{commit}'];
    const config = { command, prepare, working_directory: measured };
    const request = { name: 'quick', tasks: [{ task_id: 'quick', executor: 'command', config }] };
    writeFileSync(join(made, 'benchwire.yaml'), JSON.stringify(request));
    git(made, 'add', '.');
    git(made, 'commit', '--quiet', '-m', 'main');
    base = git(made, 'rev-parse', 'HEAD');
    git(made, 'checkout', '--quiet', '-b', 'faster');
    git(made, 'commit', '--quiet', '--allow-empty', '-m', 'faster');
    head = git(made, 'rev-parse', 'HEAD');
    git(made, 'checkout', '--quiet', 'main');
    git(folder, 'clone', '--quiet', '--bare', made, origin);
    git(folder, 'clone', '--quiet', origin, measured);
  }

  beforeAll(async () => {
    makeRepository();
    mkdirSync(programs);
    writeFileSync(
      join(programs, 'bw'),
      `#!/bin/sh\nexec '${process.execPath}' '${join(repositoryRoot, 'cli/src/main.ts')}' "$@"\n`,
    );
    chmodSync(join(programs, 'bw'), 0o755);
    hosts = new CodeHosts();
    api_url = await hosts.start();
    stack = await startLocalStack({
      dataDir: join(folder, 'data'),
      env: { WORKER_COMMANDS: 'node,git', LOG_LEVEL: 'warn', WORKER_COMMAND_ISOLATION: 'off' },
      services: { worker: 1, gateway: 0 },
    });
  });
  afterAll(async () => {
    await stack?.stop();
    await hosts?.stop();
  });

  /** As each provider describes a pull request to main. */
  function variables(provider: Provider, cwd: string): Record<string, string> {
    const parameters = join(folder, 'teamcity.properties');
    const written = { number: '12', 'source.branch': 'faster', 'target.branch': 'main' };
    const lines = Object.entries(written).map(([name, value]) => `teamcity.pullRequest.${name}=${value}`);
    writeFileSync(parameters, `${lines.join('\n')}\n`);
    const event = join(folder, 'event.json');
    const pull_request = { number: 12, head: { sha: head, repo: { full_name: 'acme/models' } } };
    writeFileSync(event, JSON.stringify({ number: 12, pull_request }));
    const of: Record<Provider, Record<string, string>> = {
      github: {
        ...{ GITHUB_ACTIONS: 'true', GITHUB_EVENT_PATH: event, GITHUB_SHA: head, GITHUB_REF: 'refs/pull/12/merge' },
        ...{ GITHUB_HEAD_REF: 'faster', GITHUB_BASE_REF: 'main', GITHUB_REPOSITORY: 'acme/models' },
        ...{ GITHUB_API_URL: api_url, GITHUB_TOKEN: 'token', GITHUB_STEP_SUMMARY: join(cwd, 'summary.md') },
      },
      gitlab: {
        ...{ GITLAB_CI: 'true', CI_COMMIT_SHA: head, CI_PROJECT_PATH: 'acme/models', CI_MERGE_REQUEST_IID: '12' },
        ...{ CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'faster', CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main' },
        ...{ CI_MERGE_REQUEST_DIFF_BASE_SHA: base, CI_SERVER_URL: api_url, GITLAB_TOKEN: 'token' },
      },
      jenkins: {
        ...{ JENKINS_URL: 'https://ci.example.com/', GIT_COMMIT: head, BRANCH_NAME: 'PR-12', CHANGE_ID: '12' },
        ...{ CHANGE_BRANCH: 'faster', CHANGE_TARGET: 'main' },
      },
      azure: {
        ...{ TF_BUILD: 'True', BUILD_SOURCEVERSION: head, BUILD_SOURCEBRANCH: 'refs/pull/12/merge' },
        ...{ SYSTEM_PULLREQUEST_PULLREQUESTID: '12', SYSTEM_PULLREQUEST_SOURCEBRANCH: 'refs/heads/faster' },
        SYSTEM_PULLREQUEST_TARGETBRANCH: 'refs/heads/main',
      },
      circleci: {
        ...{ CIRCLECI: 'true', CIRCLE_SHA1: head, CIRCLE_BRANCH: 'faster' },
        CIRCLE_PULL_REQUEST: 'https://github.com/acme/models/pull/12',
      },
      travis: {
        ...{ TRAVIS: 'true', TRAVIS_COMMIT: head, TRAVIS_BRANCH: 'main', TRAVIS_PULL_REQUEST: '12' },
        ...{ TRAVIS_PULL_REQUEST_BRANCH: 'faster', TRAVIS_PULL_REQUEST_SHA: head },
        ...{ TRAVIS_REPO_SLUG: 'acme/models', TRAVIS_PULL_REQUEST_SLUG: 'acme/models' },
      },
      bitbucket: {
        ...{ BITBUCKET_BUILD_NUMBER: '3', BITBUCKET_COMMIT: head, BITBUCKET_BRANCH: 'faster' },
        ...{ BITBUCKET_PR_ID: '12', BITBUCKET_PR_DESTINATION_BRANCH: 'main' },
      },
      teamcity: { TEAMCITY_VERSION: '2025.11', BUILD_VCS_NUMBER: head, TEAMCITY_BUILD_PROPERTIES_FILE: parameters },
    };
    return of[provider];
  }

  /** Runs a script as a job does, in a clone that has one branch. */
  async function run(provider: Provider, script: string, cwd: string): Promise<{ code: number; said: string }> {
    const env = { ...stack.env, ...variables(provider, cwd), PATH: `${programs}:${process.env.PATH}`, HOME: folder };
    const { code, stdout, stderr } = await startProgram('sh', ['-e', '-c', script], { env, cwd }).ended;
    return { code, said: `${stdout}\n${stderr}` };
  }

  function checkout(provider: Provider): string {
    const cwd = join(folder, `job-${provider}`);
    const branch = provider === 'github' || provider === 'azure' ? [] : ['--single-branch', '--branch', 'faster'];
    git(folder, 'clone', '--quiet', ...branch, `file://${origin}`, cwd);
    git(cwd, 'checkout', '--quiet', '--detach', head);
    return cwd;
  }

  it.each(PROVIDERS)('%s: measure the pull request beside the commit that it began at', async (provider) => {
    const { cwd: written, files } = await init(provider);
    const cwd = checkout(provider);
    const script = commandsOf(provider, readFileSync(join(written, files[0] ?? ''), 'utf8'));
    expect(script).toContain('bw ci ');
    const { code, said } = await run(provider, script, cwd);
    expect(code, said).toBe(0);
    expect(said).toContain(`${head.slice(0, 12)}, faster, pull request 12 against ${base.slice(0, 12)}`);
    expect(said).toMatch(/unchanged/);
    expect(readFileSync(join(cwd, 'benchwire.xml'), 'utf8')).toContain('tests="1" failures="0"');
    expect(existsSync(join(cwd, 'benchwire.md'))).toBe(provider === 'azure');
    if (provider === 'github' || provider === 'gitlab') expect(said).toMatch(/Git(Hub|Lab): a check at/);
  });

  it('of the second workflow of GitHub: post what the job of a fork has left', async () => {
    const { cwd: written, files } = await init('github');
    const cwd = join(folder, 'job-github');
    const fork = parse(readFileSync(join(written, files[0] ?? ''), 'utf8')) as { jobs: { fork: { steps: Step[] } } };
    const measure = fork.jobs.fork.steps.find(({ name }) => name === 'Measure')?.run ?? '';
    const left = await run('github', measure, cwd);
    expect([left.code, existsSync(join(cwd, 'benchwire-ci.json'))], left.said).toEqual([0, true]);
    hosts.heads.set(12, head);
    const claim = commandsOf('github', readFileSync(join(written, files[1] ?? ''), 'utf8'));
    const event = join(folder, 'workflow-run.json');
    writeFileSync(event, JSON.stringify({ workflow_run: { head_sha: head, head_branch: 'faster' } }));
    const { code, said } = await run('github', `export GITHUB_EVENT_PATH='${event}'\n${claim}`, cwd);
    expect(code, said).toBe(0);
    expect(said).toContain(`GitHub: a check at ${head.slice(0, 7)}`);
  });
});

it('leaves files alone that exist, and refuses what it does not know', async () => {
  const { cwd } = await init('gitlab');
  writeFileSync(join(cwd, '.gitlab-ci.yml'), 'mine: {}\n');
  const again = await bw(['ci', 'init', 'gitlab'], { env: {}, cwd });
  expect([again.code, again.stderr]).toEqual([64, expect.stringMatching(/\.gitlab-ci\.yml exists: --force/)]);
  expect(readFileSync(join(cwd, '.gitlab-ci.yml'), 'utf8')).toBe('mine: {}\n');
  const unknown = await bw(['ci', 'init', 'gitlub'], { env: {}, cwd });
  expect([unknown.code, unknown.stderr]).toEqual([64, expect.stringMatching(/unknown provider "gitlub".*gitlab/)]);
  const request = await bw(['ci', 'init', 'gitlab', '--force', '--request', "a'; rm -rf /"], { env: {}, cwd });
  expect([request.code, request.stderr]).toEqual([64, expect.stringContaining('letters, digits')]);
});
