import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Writes a file that only its owner may read; anyone who reads it meanwhile sees the old or the new one, never a half. */
export function writePrivateFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true }); // half a file, where the disk is full
    throw error;
  }
}
