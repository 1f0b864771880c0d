import { join, resolve } from 'node:path';

const REPOSITORY = resolve(import.meta.dirname, '../..');

/** The Python package of the runner, its lock files below it. */
export const RUNNER_PACKAGE = join(REPOSITORY, 'runners', 'python');

/**
 * Where the environments of runners are: `WORKER_RUNNERS_DIR`, else `runners` in the data folder, which is
 * `BENCHWIRE_DATA_DIR` or `.benchwire` in the repository.
 * @param working_directory - what relative paths count from
 */
export function runnersFolder(
  environment: Readonly<Record<string, string | undefined>>,
  working_directory: string = environment.INIT_CWD ?? process.cwd(),
): string {
  const { WORKER_RUNNERS_DIR: named = '', BENCHWIRE_DATA_DIR: data = '' } = environment;
  if (named !== '') return resolve(working_directory, named);
  return join(data === '' ? join(REPOSITORY, '.benchwire') : resolve(working_directory, data), 'runners');
}
