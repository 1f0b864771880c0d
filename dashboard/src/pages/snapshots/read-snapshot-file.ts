import type { SnapshotFile } from '@benchwire/shared/contracts/snapshot.ts';

/** As the contract has it. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Reads a file that somebody chose, as far as it has to be known that it is a snapshot at all; the server checks the rest.
 * @throws Error that says what is wrong with the file
 */
export async function readSnapshotFile(file: File): Promise<SnapshotFile> {
  if (file.size > MAX_BYTES)
    throw new Error(`${file.name} has ${file.size} bytes; a snapshot has ${MAX_BYTES} at most.`);
  const text = await file.text();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${file.name} is not JSON: choose a file that a snapshot's page has saved.`);
  }
  if (typeof value !== 'object' || value === null || !('benchwire_snapshot' in value))
    throw new Error(`${file.name} is not a snapshot: choose a file that a snapshot's page has saved.`);
  if (value.benchwire_snapshot !== 1)
    throw new Error(`${file.name} has a format that this version does not know (${String(value.benchwire_snapshot)}).`);
  return value as SnapshotFile;
}
