import { chmodSync, mkdirSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';

/** The repository: services are started from their sources in it. */
export const repositoryRoot = resolve(import.meta.dirname, '../..');

/** Where everything of a local stack lies; nothing of it is outside. */
export interface DataPaths {
  root: string;
  nats: string;
  redis: string;
  clickhouse: string;
  /** Downloaded models. */
  cache: string;
  logs: string;
  /** Who runs: one file per child process, so that a later start can end what a killed stack left behind. */
  state: string;
  credentials: string;
  lock: string;
  stack: string;
}

/** `BENCHWIRE_DATA_DIR`, else `.benchwire` in the repository. Relative paths count from where npm was called. */
export function defaultDataDir(environment: Record<string, string | undefined>): string {
  const given = environment.BENCHWIRE_DATA_DIR;
  if (given === undefined || given === '') return join(repositoryRoot, '.benchwire');
  return isAbsolute(given) ? given : resolve(environment.INIT_CWD ?? process.cwd(), given);
}

/** Creates the folders, readable by nobody else: they hold credentials and results. */
export function createDataDir(dataDir: string): DataPaths {
  const root = resolve(dataDir);
  const paths = {
    root,
    nats: join(root, 'nats'),
    redis: join(root, 'redis'),
    clickhouse: join(root, 'clickhouse'),
    cache: join(root, 'cache'),
    logs: join(root, 'logs'),
    state: join(root, 'state'),
  };
  for (const path of Object.values(paths)) mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(root, 0o700); // it may have been there, made by something else
  return {
    ...paths,
    credentials: join(root, 'credentials.json'),
    lock: join(root, 'stack.lock'),
    stack: join(root, 'stack.json'),
  };
}
