import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodeHosts } from '@benchwire/cli/test-support/code-hosts.ts';
import { type LocalStack, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import type { RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BwResult, bw } from '../support/bw.ts';

/** `bw ci` as a job of a pull request runs it: a clone of its own, the provider's variables, a stack with a worker. */

const folder = mkdtempSync(join(tmpdir(), 'bw-ci-'));
/** Where the worker measures, and where the jobs clone from. */
const repository = join(folder, 'repository');
let stack: LocalStack;
let hosts: CodeHosts;
let api_url: string;
let commits: Record<'base' | 'slow' | 'equal', string>;

const LOOP = `const FACTOR = 1;
let x = 1;
const times = [];
for (let i = 0; i < 9; i++) {
  const began = process.cpuUsage();
  for (let n = 0; n < 1e6 * FACTOR; n++) x = (x * 1103515245 + 12345) % 2147483648;
  times.push(process.cpuUsage(began).user / 1000);
}
console.log(JSON.stringify({ metric: 'latency_ms', unit: 'ms', value: Math.min(...times) }));
`;

function git(cwd: string, ...args: string[]): string {
  const identity = ['-c', 'user.email=test@localhost', '-c', 'user.name=test'];
  return execFileSync('git', [...identity, ...args], { cwd, encoding: 'utf8' }).trim();
}

function commit(branch: string, text: string): string {
  git(repository, 'checkout', '--quiet', '-B', branch);
  writeFileSync(join(repository, 'loop.cjs'), text);
  const request = {
    name: 'loop',
    gate: { repeat_budget: { runs: 14 }, min_change_percent: 8 },
    tasks: [
      {
        ...{ task_id: 'loop', executor: 'command', retry_policy: { max_retries: 0 } },
        config: {
          command: ['node', 'loop.cjs'],
          working_directory: repository,
          prepare: ['git', 'checkout', '--quiet', '{commit}'],
        },
      },
    ],
  };
  writeFileSync(join(repository, 'benchwire.yaml'), JSON.stringify(request));
  git(repository, 'add', '.');
  git(repository, 'commit', '--quiet', '--allow-empty', '-m', branch);
  return git(repository, 'rev-parse', 'HEAD');
}

/** What a job checks out. */
function checkout(name: string, commit: string, ...options: string[]): string {
  const path = join(folder, name);
  git(folder, 'clone', '--quiet', ...options, `file://${repository}`, path);
  if (options.length === 0) git(path, 'checkout', '--quiet', '--detach', commit);
  return path;
}

interface Job {
  cwd: string;
  commit: string;
  number: number;
  repo?: string;
  token?: string;
}

/** A job of GitHub Actions for a pull request to main. */
function gitHub({ cwd, commit, number, repo = 'acme/models', token = '' }: Job): Record<string, string> {
  const event = join(folder, `event-${number}-${repo.replace('/', '-')}.json`);
  const pull_request = { number, head: { sha: commit, repo: { full_name: repo } } };
  writeFileSync(event, JSON.stringify({ number, pull_request }));
  hosts.heads.set(number, commit);
  return {
    ...{ GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: event, GITHUB_SHA: commit },
    ...{ GITHUB_REF: `refs/pull/${number}/merge`, GITHUB_HEAD_REF: `change-${number}`, GITHUB_BASE_REF: 'main' },
    ...{ GITHUB_REPOSITORY: 'acme/models', GITHUB_SERVER_URL: 'https://github.com', GITHUB_RUN_ID: '1' },
    ...{ GITHUB_STEP_SUMMARY: join(cwd, 'summary.md'), GITHUB_API_URL: api_url, GITHUB_TOKEN: token },
  };
}

beforeAll(async () => {
  mkdirSync(repository);
  git(repository, 'init', '--quiet', '--initial-branch', 'main');
  const base = commit('main', LOOP);
  commits = {
    base,
    slow: commit('slow', LOOP.replace('FACTOR = 1;', 'FACTOR = 1.25;')),
    equal: '',
  };
  git(repository, 'checkout', '--quiet', 'main');
  commits.equal = commit('equal', `${LOOP}// says more\n`);
  stack = await startLocalStack({
    dataDir: join(folder, 'data'),
    env: {
      ...{ WORKER_COMMANDS: 'node,git', LOG_LEVEL: 'warn', ANOMALY_CONFIRM_RUNS: '0' },
      ...{ WORKER_COMMAND_ISOLATION: 'off' },
    },
    services: { worker: 1, gateway: 0 },
  });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  hosts = new CodeHosts();
  api_url = await hosts.start();
});
afterEach(() => hosts.stop());

const inJob = (args: string[], cwd: string, variables: Record<string, string>): Promise<BwResult> =>
  bw(['ci', ...args], { env: { ...stack.env, ...variables }, cwd });

describe('bw ci', () => {
  it('measures a pull request by turns with the commit that it began at, and reports that it is slower', async () => {
    const cwd = checkout('slow', commits.slow);
    const job = gitHub({ cwd, commit: commits.slow, number: 1, token: 'token' });
    const files = ['--junit', 'out/junit.xml', '--ctrf', 'out/ctrf.json', '--markdown', 'out/comment.md'];
    const { code, stdout, stderr } = await inJob(['--json', ...files], cwd, job);
    const { verdict } = JSON.parse(stdout) as { verdict: RunVerdict };
    expect([code, verdict.metrics[0]?.verdict], `${stderr}\n${verdict.metrics[0]?.reason}`).toEqual([2, 'slower']);
    expect(verdict.metrics[0]?.baseline?.from_commit).toBe(commits.base);
    expect(verdict.metrics[0]?.baseline?.pairs?.count).toBeGreaterThanOrEqual(6);
    expect(stderr).toContain(`pull request 1 against ${commits.base.slice(0, 12)}`);
    expect(hosts.of('POST', /check-runs/)[0]?.body).toMatchObject({ head_sha: commits.slow, conclusion: 'failure' });
    const comment = readFileSync(join(cwd, 'out/comment.md'), 'utf8');
    expect(hosts.comments[0]?.body).toContain(comment.trimEnd());
    expect(readFileSync(job.GITHUB_STEP_SUMMARY as string, 'utf8')).toBe(comment);
    expect(comment).toContain('| slower | +');
    expect(readFileSync(join(cwd, 'out/junit.xml'), 'utf8')).toContain('failures="1"');
    expect(readFileSync(join(cwd, 'out/ctrf.json'), 'utf8')).toContain('"status": "failed"');
  });

  it('posts no comment on a change that is not slower, and ends with 0', async () => {
    const cwd = checkout('equal', commits.equal);
    const job = gitHub({ cwd, commit: commits.equal, number: 2, token: 'token' });
    const { code, stderr } = await inJob(['--json'], cwd, job);
    expect(code, stderr).toBe(0);
    const [check] = hosts.of('POST', /check-runs/);
    expect(check?.body.conclusion, JSON.stringify(check?.body)).not.toBe('failure');
    // A busy machine may make it look faster, which is worth a comment.
    if (check?.body.conclusion === 'success' && hosts.comments.length > 0)
      expect(hosts.comments[0]?.body).toContain('🚀');
    else expect(hosts.comments).toEqual([]);
  });

  it('names the remedy where a shallow clone hides the base, and measures nothing', async () => {
    const cwd = checkout('shallow', commits.slow, '--depth', '1', '--branch', 'slow');
    const { code, stderr } = await inJob([], cwd, gitHub({ cwd, commit: commits.slow, number: 3 }));
    expect([code, stderr]).toEqual([64, expect.stringMatching(/shallow clone.*--unshallow[\s\S]*fetch-depth: 0/)]);
  });

  it("posts what a fork's job has left without a secret, once the trusted side has checked it", async () => {
    const cwd = checkout('fork', commits.slow);
    const fork = gitHub({ cwd, commit: commits.slow, number: 4, repo: 'contributor/models' });
    const { code, stderr } = await inJob(['--artifact', 'benchwire-ci.json', '--no-pairs'], cwd, fork);
    expect(stderr).toContain('nothing is posted: GITHUB_TOKEN is not set');
    expect(code).toBe(0);
    const event = join(folder, 'workflow-run.json');
    const trusted = (head_sha: string): Record<string, string> => {
      writeFileSync(event, JSON.stringify({ workflow_run: { head_sha, head_branch: 'slow', pull_requests: [] } }));
      return { ...fork, GITHUB_EVENT_NAME: 'workflow_run', GITHUB_REF: 'refs/heads/main', GITHUB_TOKEN: 'token' };
    };
    const claim = (head: string) =>
      inJob(['claim', 'benchwire-ci.json'], cwd, { ...trusted(head), GITHUB_EVENT_PATH: event });
    const other = await claim(commits.equal);
    expect([other.code, other.stderr]).toEqual([64, expect.stringContaining('it is not posted')]);
    expect(hosts.of('POST', /.*/)).toEqual([]);
    const posted = await claim(commits.slow);
    expect([posted.code, posted.stderr]).toEqual([0, expect.stringContaining('GitHub: a check at')]);
    expect(hosts.of('POST', /check-runs/)[0]?.body).toMatchObject({ name: 'benchwire (fork)', head_sha: commits.slow });
  });

  it('compares a push to main with its history, and says that in TeamCity', async () => {
    const cwd = checkout('push', commits.base);
    git(cwd, 'checkout', '--quiet', 'main');
    const { code, stdout, stderr } = await inJob([], cwd, {
      TEAMCITY_VERSION: '2025.11',
      BUILD_VCS_NUMBER: commits.base,
    });
    expect([code, stderr]).toEqual([0, expect.stringContaining('main against its history')]);
    expect(stdout).toMatch(
      /##teamcity\[testSuiteStarted name='benchwire: loop'\][\s\S]*##teamcity\[buildStatus text='/,
    );
  });
});
