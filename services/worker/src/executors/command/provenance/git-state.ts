import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';

/** What a folder's Git repository has checked out. What can't be found out is null, with the reason. */
export interface GitState {
  commit: string | null;
  /** Whether tracked files differ from the commit. */
  is_dirty: boolean | null;
  reason?: string;
}

export interface Repository {
  /** The working tree. */
  root: string;
  /** Its HEAD and index. */
  git_folder: string;
  /** Its objects and references: another folder in a linked working tree (`git worktree`). */
  common_folder: string;
}

const run = promisify(execFile);
const TIMEOUT_MS = 5000;
/** Settings that decide whether a file counts as changed; no other setting of a repository is read. */
const SETTINGS = '^(core\\.(filemode|symlinks|ignorecase|autocrlf|eol)|extensions\\.objectformat)$';

/** The repository that a folder lies in; undefined where there is none. */
export async function findRepository(folder: string): Promise<Repository | undefined> {
  for (let root = folder; ; root = dirname(root)) {
    const found = await stat(join(root, '.git')).catch(() => undefined);
    if (found?.isDirectory() === true)
      return { root, git_folder: join(root, '.git'), common_folder: join(root, '.git') };
    if (found?.isFile() === true) return await linkedRepository(root);
    if (root === dirname(root)) return undefined;
  }
}

async function linkedRepository(root: string): Promise<Repository | undefined> {
  const [, target] = /^gitdir: (.+)$/m.exec(await readFile(join(root, '.git'), 'utf8').catch(() => '')) ?? [];
  if (target === undefined) return undefined;
  const git_folder = isAbsolute(target) ? target : resolve(root, target);
  const common = (await readFile(join(git_folder, 'commondir'), 'utf8').catch(() => '.')).trim();
  return { root, git_folder, common_folder: resolve(git_folder, common) };
}

/**
 * Reads commit and changes with git. A repository's own settings can name programs (filters, file system monitors) that git
 * would start as the worker; so git reads settings of our own, and only the repository's HEAD, references, objects and index.
 * @param user - whom programs run as, where that is another user: git then reads what that user can read
 */
export async function readGitState(
  { root, git_folder, common_folder }: Repository,
  user: { uid: number; gid: number } | undefined,
): Promise<GitState> {
  const scratch = await mkdtemp(join(tmpdir(), 'bw-git-'));
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await run('git', args, {
      cwd: root,
      timeout: TIMEOUT_MS,
      maxBuffer: 1024 * 1024,
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
      env: {
        PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
        HOME: scratch,
        LC_ALL: 'C',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_DIR: scratch,
        GIT_WORK_TREE: root,
        GIT_INDEX_FILE: join(git_folder, 'index'),
        GIT_OPTIONAL_LOCKS: '0',
        GIT_TERMINAL_PROMPT: '0',
        GIT_NO_LAZY_FETCH: '1',
      },
    });
    return stdout;
  };
  try {
    await copyFile(join(git_folder, 'HEAD'), join(scratch, 'HEAD'));
    for (const name of ['refs', 'objects', 'packed-refs', 'shallow'])
      await symlink(join(common_folder, name), join(scratch, name));
    await writeFile(join(scratch, 'config'), await safeSettings(join(common_folder, 'config')));
    if (user !== undefined) await run('chmod', ['-R', 'a+rX', scratch]);
    const commit = (await git('rev-parse', '--verify', 'HEAD')).trim();
    try {
      // Untracked files are no change, as for `git describe --dirty`; what submodules say is theirs.
      const changed = await git('status', '--porcelain=v1', '--untracked-files=no', '--ignore-submodules=all');
      return { commit, is_dirty: changed !== '' };
    } catch (error) {
      return { commit, is_dirty: null, reason: reasonOf(error) };
    }
  } catch (error) {
    return { commit: null, is_dirty: null, reason: reasonOf(error) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Settings for a repository that is only looked at: the few that matter of its own, read as text and without includes. */
async function safeSettings(file: string): Promise<string> {
  const args = ['config', '--no-includes', '--file', file, '--null', '--get-regexp', SETTINGS];
  // It ends with 1 where there are none.
  const got = await run('git', args, { timeout: TIMEOUT_MS }).catch(() => ({ stdout: '' }));
  const lines = ['[core]', '\tbare = false'];
  let format: string | undefined;
  for (const entry of got.stdout.split('\0')) {
    const [name = '', value = ''] = entry.split('\n');
    if (!/^[A-Za-z0-9]{1,16}$/.test(value)) continue;
    if (name === 'extensions.objectformat') format = value;
    else lines.push(`\t${name.slice('core.'.length)} = ${value}`);
  }
  lines.push(`\trepositoryformatversion = ${format === undefined ? 0 : 1}`);
  if (format !== undefined) lines.push('[extensions]', `\tobjectformat = ${format}`);
  return `${lines.join('\n')}\n`;
}

function reasonOf(error: unknown): string {
  const { code, stderr, killed } = error as { code?: unknown; stderr?: string; killed?: boolean };
  if (code === 'ENOENT' && (error as { path?: string }).path === 'git') return 'git is not installed on the worker';
  if (killed === true) return `git took more than ${TIMEOUT_MS / 1000} s`;
  return (stderr ?? '').trim().split('\n')[0]?.slice(0, 300) || messageOf(error).slice(0, 300);
}
