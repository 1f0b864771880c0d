import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ConfigError } from '@benchwire/shared/runtime/errors.ts';
import type { TaskUser } from './isolation.ts';

const run = promisify(execFile);

/**
 * Whom WORKER_COMMAND_USER names: a user of this system, or `uid:gid` in numbers.
 * @throws ConfigError when there is none, it is root, or the worker may not become another user
 */
export async function findTaskUser(name: string | undefined): Promise<TaskUser | undefined> {
  if (name === undefined) return undefined;
  if (process.getuid?.() !== 0) {
    throw new ConfigError(
      `WORKER_COMMAND_USER is "${name}", but only a worker that root starts can run programs as another user`,
    );
  }
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(name) ?? [];
  const user =
    uid === undefined || gid === undefined
      ? { name, uid: await idOf('-u', name), gid: await idOf('-g', name), is_known: true }
      : { name, uid: Number(uid), gid: Number(gid), is_known: false };
  if (user.uid === 0) throw new ConfigError(`WORKER_COMMAND_USER is "${name}", which is root: name an ordinary user`);
  return user;
}

async function idOf(option: '-u' | '-g', name: string): Promise<number> {
  try {
    const { stdout } = await run('id', [option, '--', name]);
    return Number(stdout.trim());
  } catch {
    throw new ConfigError(`WORKER_COMMAND_USER is "${name}", and this system has no such user: name one, or uid:gid`);
  }
}
