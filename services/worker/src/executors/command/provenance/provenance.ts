import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { isSameCommit } from '@benchwire/shared/contracts/commit.ts';
import type { Environment } from '@benchwire/shared/contracts/hardware.ts';
import type { Source } from '@benchwire/shared/contracts/request.ts';
import { noteOn, type ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import type { FileHashes } from '@benchwire/shared/model/file-hashes.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { isInside } from '@benchwire/shared/runtime/is-inside.ts';
import { findRepository, type GitState, readGitState } from './git-state.ts';

/** More files among the arguments are not looked at. */
const MAX_FILES = 32;
/** Larger files are not hashed: that would take longer than most measurements. */
const MAX_BYTES = 2 * 1024 ** 3;
const MAX_NAMES_CHARACTERS = 1000;

export interface ProvenanceOptions {
  hashes: FileHashes;
  /** Folders that programs do not see: what lies there is not read either. */
  hidden: readonly string[];
  /** Whom programs run as, where that is another user. */
  user: { uid: number; gid: number } | undefined;
}

/** What is about to be run. */
export interface ToRun {
  file: string;
  /** The task names the program by its path, and not by a name that was looked up. */
  is_path: boolean;
  args: readonly string[];
  working_directory: string;
  /** What the request says is run. */
  source: Source | null;
}

interface FoundFile {
  argument: string;
  path: string;
  stats: Stats;
}

interface Hash {
  sha256: string | null;
  /** Why there is none. */
  reason?: string;
}

type HashedFile = FoundFile & Hash;

/** What was run, for the outcome. */
export interface Provenance {
  environment: Environment;
  notes: ValueNote[];
}

/** Finds out what attempts run: hashes of the program and of the files among its arguments, and the Git commit of their folder. */
export class ProvenanceReader {
  readonly #options: ProvenanceOptions;

  constructor(options: ProvenanceOptions) {
    this.#options = options;
  }

  /**
   * Looks before the program starts.
   * @returns looks again once it has ended: files that it wrote itself are no part of what was run
   */
  async begin(to_run: ToRun, signal: AbortSignal): Promise<() => Promise<Provenance>> {
    const { file, is_path, args, working_directory, source } = to_run;
    const program = await this.#find(file, file);
    const among = await this.#filesAmong(args, working_directory);
    // An interpreter lies where it was installed, which may be in a repository of something else.
    const own = among.length === 0 && is_path ? [file] : among.map(({ path }) => path);
    const git = await this.#gitOf([working_directory, ...own.map((path) => dirname(path))]);
    const program_hash = await this.#hashOf(program, signal);
    const files: HashedFile[] = [];
    for (const found of among) files.push({ ...found, ...(await this.#hashOf(found, signal)) });
    return async () => {
      const notes = sourceNotes(source, git);
      if (program !== undefined && (await hasChanged(program)))
        notes.push(noteOn('source_mismatch', `${file} was changed while it ran`));
      const read: HashedFile[] = [];
      for (const each of files) if (!(await hasChanged(each))) read.push(each);
      const { sha256, reason } = program_hash;
      const environment: Environment = {
        program_file: file,
        program_sha256: sha256,
        ...(reason === undefined ? {} : { program_sha256_unavailable: reason }),
        ...factsOf(read),
        ...(git === undefined ? {} : gitFacts(git)),
      };
      return { environment, notes };
    };
  }

  async #filesAmong(args: readonly string[], folder: string): Promise<FoundFile[]> {
    const files: FoundFile[] = [];
    for (const argument of args) {
      if (files.length >= MAX_FILES) break;
      // `--data=file` names one, too.
      for (const name of new Set([argument, argument.slice(argument.indexOf('=') + 1)])) {
        if (name === '' || name.length > 4096 || name.includes('\0')) continue;
        const found = await this.#find(name, isAbsolute(name) ? name : resolve(folder, name));
        if (found !== undefined) {
          files.push(found);
          break;
        }
      }
    }
    return files;
  }

  async #find(argument: string, path: string): Promise<FoundFile | undefined> {
    try {
      const real = await realpath(path);
      if (this.#options.hidden.some((folder) => isInside(real, folder))) return undefined;
      const stats = await stat(real);
      return stats.isFile() && this.#mayRead(stats) ? { argument, path: real, stats } : undefined;
    } catch {
      return undefined;
    }
  }

  /** Programs of another user must learn nothing, not even a hash, of files that this user cannot read. */
  #mayRead({ mode, uid, gid }: Stats): boolean {
    const { user } = this.#options;
    if (user === undefined) return true;
    return (
      (mode & 0o004) !== 0 || (uid === user.uid && (mode & 0o400) !== 0) || (gid === user.gid && (mode & 0o040) !== 0)
    );
  }

  async #hashOf(file: FoundFile | undefined, signal: AbortSignal): Promise<Hash> {
    if (file === undefined) return { sha256: null, reason: 'it cannot be read' };
    if (file.stats.size > MAX_BYTES) return { sha256: null, reason: `it is larger than ${MAX_BYTES / 1024 ** 3} GiB` };
    try {
      return { sha256: await this.#options.hashes.sha256(file.path, signal) };
    } catch (error) {
      return { sha256: null, reason: messageOf(error).slice(0, 300) };
    }
  }

  async #gitOf(folders: readonly string[]): Promise<GitState | undefined> {
    for (const folder of new Set(folders)) {
      if (this.#options.hidden.some((each) => isInside(folder, each))) continue;
      const repository = await findRepository(folder);
      if (repository !== undefined) return await readGitState(repository, this.#options.user);
    }
    return undefined;
  }
}

function gitFacts({ commit, is_dirty, reason }: GitState): Environment {
  return {
    git_commit: commit,
    git_changes: is_dirty === null ? null : is_dirty ? 'uncommitted changes' : 'none',
    ...(reason === undefined
      ? {}
      : { [commit === null ? 'git_commit_unavailable' : 'git_changes_unavailable']: reason }),
  };
}

function sourceNotes(source: Source | null, git: GitState | undefined): ValueNote[] {
  const said = source?.commit;
  // What is no Git commit, such as a revision of another system, is not compared.
  if (said === undefined || !/^[0-9a-f]{7,64}$/i.test(said) || git?.commit == null) return [];
  if (!isSameCommit(said.toLowerCase(), git.commit)) {
    const text = `the source says commit ${said}, and commit ${git.commit.slice(0, 12)} was checked out where the program ran`;
    return [noteOn('source_mismatch', text)];
  }
  if (git.is_dirty !== true) return [];
  return [noteOn('source_mismatch', `the files differed from commit ${said}: there were uncommitted changes`)];
}

async function hasChanged({ path, stats }: FoundFile): Promise<boolean> {
  const now = await stat(path).catch(() => undefined);
  return now?.ino !== stats.ino || now.size !== stats.size || now.mtimeMs !== stats.mtimeMs;
}

function factsOf(files: readonly HashedFile[]): Environment {
  if (files.length === 0) return {};
  const names = files.map(({ argument }) => argument).join(' ');
  const argument_files = names.length > MAX_NAMES_CHARACTERS ? `${names.slice(0, MAX_NAMES_CHARACTERS)}…` : names;
  const unread = files.find(({ sha256 }) => sha256 === null);
  if (unread !== undefined) {
    const argument_files_sha256_unavailable = `${unread.argument}: ${unread.reason}`.slice(0, 300);
    return { argument_files, argument_files_sha256: null, argument_files_sha256_unavailable };
  }
  // What `sha256sum FILE… | sha256sum` prints.
  const lines = files.map(({ sha256, argument }) => `${sha256}  ${argument}\n`).join('');
  return { argument_files, argument_files_sha256: createHash('sha256').update(lines).digest('hex') };
}
