import { chmod, chown, lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskUser } from './isolation.ts';
import { HOME_PREFIX, livingOwners } from './processes.ts';

/** With the owner's id, so that it can be told whose worker is gone. */
const NAME = new RegExp(`^${HOME_PREFIX}([0-9a-f]{16})-`);

/** A fresh folder for one program: its home, its temporary files and, unless it asks for another, where it runs. */
export async function createHomeFolder(owner: string, user: TaskUser | undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${HOME_PREFIX}${owner}-`));
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  return folder;
}

/** Removes it, also where the program has closed folders in it to itself. Never throws: what stays is removed at the next start. */
export async function removeHomeFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    await openFolders(folder).catch(() => undefined);
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function openFolders(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(folder, entry.name));
  }
}

/** Removes the folders of workers that died, as after their SIGKILL. Another user's folder stays theirs. */
export async function removeOrphanedFolders(user: TaskUser | undefined): Promise<void> {
  const living = livingOwners();
  for (const name of await readdir(tmpdir())) {
    const owner = NAME.exec(name)?.[1];
    if (owner === undefined || living.has(owner)) continue;
    const path = join(tmpdir(), name);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory() !== true) continue;
    if (found.uid !== process.getuid?.() && found.uid !== user?.uid) continue;
    await removeHomeFolder(path);
  }
}
