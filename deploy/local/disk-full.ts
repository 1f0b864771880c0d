/** Errors of the file system that pass: no room, no more of a quota, nothing left to open files with. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EAGAIN', 'EIO']);

/** Whether it can work later what failed now. */
export function isPassingFileError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && PASSING.has(String(error.code));
}

/**
 * Writes what serves only the log or a record: it must never end the process that keeps all others.
 * @returns whether it was written
 */
export function writeIfPossible(write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (!isPassingFileError(error)) throw error;
    return false;
  }
}
