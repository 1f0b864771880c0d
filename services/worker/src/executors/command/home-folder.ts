import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processIdentity } from './processes.ts';

/** `benchwire-command-<pid>_<start time>-<random>`, so that it can be told whose worker is gone. */
const NAME = /^benchwire-command-(\d+)_(\d+)-/;

/** A fresh folder for one program: its home, its temporary files and, unless it asks for another, where it runs. */
export async function createHomeFolder(owner: string): Promise<string> {
  return await mkdtemp(join(tmpdir(), `benchwire-command-${owner.replace(':', '_')}-`));
}

/** Removes the folders of workers that died, as after their SIGKILL. */
export async function removeOrphanedFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid, start] = NAME.exec(name) ?? [];
    if (pid === undefined || processIdentity(Number(pid)) === `${pid}:${start}`) continue;
    // Another user's folder stays theirs.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}
