import { constants } from 'node:fs';
import { chown, lstat, open, writeFile } from 'node:fs/promises';
import { MAX_CHECKPOINT_BYTES } from '@benchwire/shared/contracts/checkpoint.ts';
import { variantOf } from '@benchwire/shared/contracts/series.ts';
import type { CommandConfig } from '@benchwire/shared/contracts/task.ts';
import type { Checkpoints } from '../executor.ts';
import type { TaskUser } from './isolation.ts';

/** Names the file that a program may write at any time, and that holds what the attempt before wrote last. */
export const CHECKPOINT_VARIABLE = 'BENCHWIRE_CHECKPOINT';
/** In the program's home folder. */
export const CHECKPOINT_NAME = 'checkpoint';

/** So much work a killed worker can cost a program, beside what it did since it wrote last. */
const LOOK_MS = 1000;

/** A program's checkpoint: a file in its home, which is kept whenever it changes. */
export class CheckpointFile {
  readonly #path: string;
  readonly #checkpoints: Checkpoints;
  readonly #conditions: string;
  readonly #notes = new Set<string>();
  #went_on = false;
  #seen = '';
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string, checkpoints: Checkpoints, conditions: string) {
    this.#path = path;
    this.#checkpoints = checkpoints;
    this.#conditions = conditions;
  }

  /** Puts what the attempt before has saved into the file, and looks at the file from now on. */
  static async start(
    path: string,
    config: CommandConfig,
    checkpoints: Checkpoints,
    user: TaskUser | undefined,
  ): Promise<CheckpointFile> {
    const conditions = JSON.stringify([variantOf({ executor: 'command', config }), config.model, config.precision]);
    const file = new CheckpointFile(path, checkpoints, conditions);
    const saved = await checkpoints.load();
    if (saved?.data !== undefined) {
      const { attempt, data } = saved;
      if (!saved.same_device || saved.conditions !== conditions) {
        file.#notes.add(
          `attempt ${attempt} left a checkpoint of other hardware, environment or settings; started over`,
        );
      } else {
        await writeFile(file.#path, data);
        if (user !== undefined) await chown(file.#path, user.uid, user.gid);
        file.#seen = await versionOf(file.#path);
        file.#went_on = true;
        file.#notes.add(`went on from the checkpoint of attempt ${attempt} on ${saved.worker_id}`);
      }
    }
    file.#timer = setInterval(() => file.#look(), LOOK_MS);
    return file;
  }

  /** Whether the program found what the attempt before it had left. */
  get wentOn(): boolean {
    return this.#went_on;
  }

  /** The last look, once the program is gone. @returns what there is to say about it */
  async stop(): Promise<string[]> {
    clearInterval(this.#timer);
    this.#look();
    await this.#saving;
    return [...this.#notes];
  }

  #look(): void {
    this.#saving = this.#saving.then(() => this.#saveIfNew()).catch(() => undefined);
  }

  async #saveIfNew(): Promise<void> {
    const version = await versionOf(this.#path);
    if (version === '' || version === this.#seen) return;
    this.#seen = version;
    const data = await this.#readOwn();
    if (data === undefined) return;
    const note = await this.#checkpoints.save({ conditions: this.#conditions, data });
    if (note !== undefined) this.#notes.add(note);
  }

  /**
   * The file's content. A program must not get at other files through the worker: so no link is followed, a file with a second
   * name is left alone, and nothing but a file is opened.
   */
  async #readOwn(): Promise<Buffer | undefined> {
    const file = await open(this.#path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile() || found.nlink !== 1) return undefined;
      if (found.size > MAX_CHECKPOINT_BYTES) {
        this.#notes.add(`a checkpoint of ${found.size} bytes was not kept: at most ${MAX_CHECKPOINT_BYTES} are`);
        return undefined;
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  }
}

/** Differs whenever the file was written; empty where there is none. */
async function versionOf(path: string): Promise<string> {
  const found = await lstat(path, { bigint: true }).catch(() => undefined);
  return found?.isFile() === true ? `${found.mtimeNs} ${found.size} ${found.ino}` : '';
}
