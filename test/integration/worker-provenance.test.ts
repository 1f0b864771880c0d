import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, outcome as outcomeContract } from '@benchwire/shared/contracts/outcome.ts';
import { measuredFiles } from '@benchwire/shared/contracts/provenance.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WorkerFixture, type WorkerProcess } from '../support/worker-fixture.ts';

/** What an attempt records of what it ran, on a real worker with real repositories. */
let fixture: WorkerFixture;
let worker: WorkerProcess;
let top: string;
let repository: string;

const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
    cwd: repository,
    encoding: 'utf8',
  }).trim();
const commit = (message: string): string => {
  git('add', '--all');
  git('commit', '--quiet', '--allow-empty', '--message', message);
  return git('rev-parse', 'HEAD');
};
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

beforeAll(async () => {
  fixture = await WorkerFixture.start();
  top = realpathSync(mkdtempSync(join(tmpdir(), 'benchwire-test-')));
  mkdirSync(join(top, 'hidden'));
  worker = await fixture.worker('runner', {
    WORKER_COMMANDS: 'sh,cat,git',
    WORKER_COMMAND_ENV_ALLOW: 'default,WHAT',
    WORKER_COMMAND_HIDE: join(top, 'hidden'),
  });
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(top, { recursive: true, force: true });
});
beforeEach(() => {
  repository = mkdtempSync(join(top, 'repository-'));
  git('init', '--quiet');
});

async function run(command: readonly string[], about: { source?: object; config?: object } = {}): Promise<Outcome> {
  const task = { executor: 'command', config: { command, working_directory: repository, ...about.config } };
  const job = await fixture.add(worker.pool, task, { source: about.source ?? null });
  return outcomeContract.parse(await fixture.outcomeOf(job));
}

const notesOf = ({ results }: Outcome): string[] =>
  (results.value_notes ?? []).map(({ code, text }) => `${code}: ${text}`);

describe('an attempt records', () => {
  it('the hashes of its files and the commit; the same again is the same, another file is another', async () => {
    writeFileSync(join(repository, 'b.sh'), 'echo fast');
    writeFileSync(join(repository, 'data.txt'), '1');
    const head = commit('one');
    const command = ['sh', 'b.sh', '--data=data.txt', '--not-a-file', 'b'];
    const first = await run(command, { source: { commit: head } });
    expect(first.environment).toMatchObject({
      program_file: expect.stringMatching(/\/sh$/),
      program_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      argument_files: 'b.sh data.txt',
      argument_files_sha256: sha256(`${sha256('echo fast')}  b.sh\n${sha256('1')}  data.txt\n`),
      git_commit: head,
      git_changes: 'none',
    });
    expect(notesOf(first)).toEqual([]);
    const again = await run(command, { source: { commit: head.slice(0, 8) } });
    expect(measuredFiles(again.environment)).toBe(measuredFiles(first.environment));
    writeFileSync(join(repository, 'data.txt'), '2');
    commit('two');
    const other = await run(command);
    expect(measuredFiles(other.environment)).not.toBe(measuredFiles(first.environment));
  });

  it('that another commit was there than the source says, or changes that are in none', async () => {
    writeFileSync(join(repository, 'b.sh'), 'echo fast');
    const old = commit('one');
    appendFileSync(join(repository, 'b.sh'), '\necho slow');
    const head = commit('two');
    expect(notesOf(await run(['sh', 'b.sh'], { source: { commit: old } }))).toEqual([
      `source_mismatch: the source says commit ${old}, and commit ${head.slice(0, 12)} was checked out where the program ran`,
    ]);
    appendFileSync(join(repository, 'b.sh'), '\necho slower');
    const dirty = await run(['sh', 'b.sh'], { source: { commit: head } });
    expect(dirty.environment.git_changes).toBe('uncommitted changes');
    expect(notesOf(dirty)).toEqual([
      `source_mismatch: the files differed from commit ${head}: there were uncommitted changes`,
    ]);
    git('add', 'b.sh');
    expect(notesOf(await run(['sh', 'b.sh'], { source: { commit: head } }))).toHaveLength(1);
    // Nobody said which commit it should be.
    expect(notesOf(await run(['sh', 'b.sh']))).toEqual([]);
  });

  it('nothing of files that the program writes itself, nor of untracked ones', async () => {
    writeFileSync(join(repository, 'b.sh'), 'date +%N > "$1"; echo done');
    const head = commit('one');
    const command = ['sh', 'b.sh', 'out.txt'];
    const first = await run(command, { source: { commit: head } });
    expect(existsSync(join(repository, 'out.txt'))).toBe(true);
    const second = await run(command, { source: { commit: head } });
    expect(second.environment.argument_files).toBe('b.sh');
    expect(measuredFiles(second.environment)).toBe(measuredFiles(first.environment));
    expect(notesOf(second)).toEqual([]);
  });

  it('the commit of a linked working tree, of a detached head, of packed references', async () => {
    writeFileSync(join(repository, 'b.sh'), 'echo a');
    const head = commit('one');
    git('pack-refs', '--all');
    expect((await run(['sh', 'b.sh'])).environment.git_commit).toBe(head);
    const linked = `${repository}-linked`;
    git('worktree', 'add', '--quiet', '--detach', linked);
    const { environment } = await run(['sh', join(linked, 'b.sh')], { config: { working_directory: linked } });
    expect(environment).toMatchObject({ git_commit: head, git_changes: 'none' });
    // Without a folder of the task's own, that of its file counts.
    const away = await run(['sh', join(repository, 'b.sh')], { config: { working_directory: undefined } });
    expect(away.environment.git_commit).toBe(head);
  });

  it('and starts no program that a repository names', async () => {
    writeFileSync(join(repository, 'b.sh'), 'echo a');
    writeFileSync(join(repository, '.gitattributes'), '* filter=evil\n');
    const head = commit('one');
    const evil = join(repository, 'evil.sh');
    writeFileSync(evil, `#!/bin/sh\ntouch ${repository}/started\ncat\n`, { mode: 0o755 });
    for (const name of ['filter.evil.clean', 'filter.evil.smudge', 'core.fsmonitor', 'core.pager', 'core.sshCommand'])
      git('config', name, evil);
    git('config', 'include.path', join(repository, 'more'));
    writeFileSync(join(repository, 'more'), `[core]\n\tfsmonitor = ${evil}\n`);
    appendFileSync(join(repository, 'b.sh'), '\n');
    const found = await run(['sh', 'b.sh'], { source: { commit: head } });
    expect(found.environment).toMatchObject({ git_commit: head, git_changes: 'uncommitted changes' });
    expect(existsSync(join(repository, 'started'))).toBe(false);
  });

  it('why something is not known: a repository without a commit, or a broken one', async () => {
    writeFileSync(join(repository, 'b.sh'), 'echo a');
    const { environment } = await run(['sh', 'b.sh']);
    expect(environment.git_commit).toBeNull();
    expect(environment.git_commit_unavailable).toEqual(expect.any(String));
    commit('one');
    rmSync(join(repository, '.git/objects'), { recursive: true });
    const broken = await run(['sh', 'b.sh']);
    expect(broken.status).toBe('completed');
    expect(broken.environment).toMatchObject({ git_commit: null, git_changes: null });
    expect(broken.environment.git_commit_unavailable).toEqual(expect.any(String));
  });

  it('nothing of the repository that an interpreter lies in', async () => {
    const bin = join(repository, 'bin');
    mkdirSync(bin);
    copyFileSync('/bin/true', join(bin, 'measure'));
    const head = commit('one');
    const installed = await fixture.worker('installed', {
      WORKER_COMMANDS: 'measure',
      WORKER_LABELS: 'only=installed',
      PATH: `${bin}:${process.env.PATH ?? ''}`,
    });
    const outside = join(top, 'data.txt');
    writeFileSync(outside, '1');
    const commitOf = async (command: readonly string[]): Promise<unknown> => {
      const task = { executor: 'command', config: { command } };
      const job = await fixture.add(installed.pool, task, { source: { commit: '0123456789' } });
      const found = outcomeContract.parse(await fixture.outcomeOf(job));
      expect(found.status).toBe('completed');
      return found.environment.git_commit;
    };
    expect(await commitOf(['measure'])).toBeUndefined();
    expect(await commitOf([join(bin, 'measure'), outside])).toBeUndefined();
    // Named by its path and alone, it is what is measured.
    expect(await commitOf([join(bin, 'measure')])).toBe(head);
  });

  it('nothing of what programs do not see', async () => {
    writeFileSync(join(top, 'hidden/secret'), 'x');
    const { environment } = await run(['sh', '-c', 'true', join(top, 'hidden/secret')]);
    expect(environment).not.toHaveProperty('argument_files');
  });
});

describe('placeholders', () => {
  const command = ['sh', '-c', 'echo "$WHAT $0 {other}"', '{commit}/{task_id}'];
  const config = { env: { WHAT: '{run_id} {branch}' } };

  it('are filled in, in arguments and variables; other braces stay', async () => {
    const found = await run(command, { source: { commit: 'abc1234', branch: 'feature/x' }, config });
    const text = Buffer.from(found.logs ?? '', 'base64').toString();
    expect(text).toContain(`${found.run_id} feature/x abc1234/${found.task_id} {other}`);
  });

  it('without a value, or with one that a shell would run, end the task with what to do', async () => {
    const missing = await run(command, { source: { commit: 'abc1234' }, config });
    expect(missing.error).toMatchObject({ code: 'PLACEHOLDER_EMPTY', message: expect.stringContaining('--branch') });
    for (const branch of ['x;touch y', '$(id)', '`id`', 'a b', "a'b"]) {
      const refused = await run(command, { source: { commit: 'abc1234', branch }, config });
      expect(refused.error, branch).toMatchObject({ code: 'PLACEHOLDER_REFUSED', retriable: false });
    }
  });
});

describe('prepare', () => {
  it('restores what is to be measured, before every attempt, and is no part of the series', async () => {
    writeFileSync(join(repository, 'b.sh'), 'echo "{\\"metric\\":\\"ms\\",\\"value\\":1}"');
    const fast = commit('fast');
    writeFileSync(join(repository, 'b.sh'), 'echo "{\\"metric\\":\\"ms\\",\\"value\\":2}"');
    const slow = commit('slow');
    const config = { prepare: ['git', 'checkout', '--quiet', '{commit}'] };
    for (const [head, value] of [
      [fast, 1],
      [slow, 2],
      [fast, 1],
    ] as const) {
      const found = await run(['sh', 'b.sh'], { source: { commit: head }, config });
      expect(found.results.metrics?.ms?.value).toBe(value);
      expect(found.environment).toMatchObject({ git_commit: head, git_changes: 'none' });
      expect(notesOf(found)).toEqual([]);
    }
  });

  it('that fails ends the task with its last line; one that prints a metric measures nothing', async () => {
    commit('one');
    const failed = await run(['sh', '-c', 'true'], { config: { prepare: ['git', 'checkout', 'nowhere'] } });
    expect(failed.error).toMatchObject({ code: 'PREPARE_FAILED', message: expect.stringContaining('nowhere') });
    const printed = [
      'sh',
      '-c',
      'echo "{\\"metric\\":\\"ms\\",\\"value\\":1}"; printf "#!/bin/sh\\necho made" > made.sh',
    ];
    const made = await run(['sh', 'made.sh'], { config: { prepare: printed } });
    expect(made.results.metrics).toBeUndefined();
    expect(Buffer.from(made.logs ?? '', 'base64').toString()).toMatch(/prepare: .*metric[\s\S]*made/);
    const refused = await run(['sh', '-c', 'true'], { config: { prepare: ['rm', 'x'] } });
    expect(refused.error?.code).toBe('COMMAND_NOT_ALLOWED');
  });

  it('ends with its task', async () => {
    const config = { working_directory: repository, command: ['sh', '-c', 'true'], prepare: ['sh', '-c', 'sleep 600'] };
    const job = await fixture.add(worker.pool, { executor: 'command', config, timeout_seconds: 1 });
    expect((await fixture.outcomeOf(job)).status).toBe('timed_out');
  });
});
