import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { inboxPrefix, loadConfig, natsVariables } from '../runtime/config.ts';
import { ConfigError, UnreachableError } from '../runtime/errors.ts';
import { hostInUrl } from '../runtime/hosts.ts';
import type { NatsOptions } from '../runtime/nats.ts';

type Environment = Record<string, string | undefined>;

export interface FindStackOptions {
  /** process.env, where nothing else is wanted. */
  environment: Environment;
  /** The search for a stack.json begins here and goes up. */
  working_directory: string;
  /** Counts more than everything else. */
  nats_url?: string | undefined;
  /** The folder whose stack is the last resort: the checkout that this file lies in. */
  own_root?: string;
}

/** Where the stack is, and how it was found: for the error when nobody answers there. */
export interface FoundStack {
  options: NatsOptions;
  found_by: 'the address given' | 'NATS_URL' | 'the default' | `/${string}`;
}

/** The part of a local stack's `stack.json` that a client needs; deploy/local writes it. */
const stackFile = z.object({
  env: z.record(z.string(), z.string()),
  services: z.array(z.object({ name: z.string(), http_port: z.int() })).optional(),
});

/** The part of its `stack.lock` that tells whether it lives. */
const stackLock = z.object({ pid: z.int().positive() });

/** A client's user may be allowed only an inbox of its own (docs/streams.md). */
const variables = z.object({ ...natsVariables, NATS_INBOX_PREFIX: inboxPrefix.optional() });

const OWN_ROOT = resolve(import.meta.dirname, '../..');

/**
 * How to reach the stack: the address given, else NATS_URL, else the stack.json of a running local stack, else the default
 * address; not that where BENCHWIRE_DATA_DIR names a folder, since whatever answers there is another stack.
 * @throws ConfigError for a variable or a file that can't be read, UnreachableError for a stack that is only just starting or
 *   that the named folder does not have
 */
export function findStack(where: FindStackOptions): FoundStack {
  const { environment, working_directory, nats_url, own_root = OWN_ROOT } = where;
  if (nats_url === undefined && (environment.NATS_URL ?? '') !== '') {
    return { options: loadConfig(variables, environment), found_by: 'NATS_URL' };
  }
  const folders = dataFolders(environment, working_directory, own_root);
  const path = folders.map((folder) => join(folder, 'stack.json')).find((each) => existsSync(each));
  const stack = path === undefined ? undefined : readStackFile(path);
  if (nats_url !== undefined) {
    // The local stack's own credentials belong to it only.
    const known = stack?.NATS_URL === nats_url ? stack : {};
    return {
      options: loadConfig(variables, { ...known, ...natsOnly(environment), NATS_URL: nats_url }),
      found_by: 'the address given',
    };
  }
  if (stack !== undefined && path !== undefined) {
    return { options: loadConfig(variables, { ...natsOnly(environment), ...stack }), found_by: path as `/${string}` };
  }
  const starting = folders.find(isStarting);
  if (starting !== undefined)
    throw new UnreachableError(
      `the stack on ${starting} is only just starting: try again when \`npm start\` says that it is up.`,
    );
  const named = environment.BENCHWIRE_DATA_DIR ?? '';
  if (named !== '')
    throw new UnreachableError(
      `no stack runs on ${folders[0]}, which BENCHWIRE_DATA_DIR names: start it with \`npm start -- --data-dir ${named}\`, or unset the variable.`,
    );
  return { options: loadConfig(variables, environment), found_by: 'the default' };
}

/** Where the dashboard of the local stack that is found here is; undefined where none runs, or it has no gateway. */
export function dashboardUrl(where: Pick<FindStackOptions, 'environment' | 'working_directory'>): string | undefined {
  return localGateway(where)?.url;
}

/** The same, with the stack's own key, whose role is admin. */
export function localGateway(
  where: Pick<FindStackOptions, 'environment' | 'working_directory'>,
): { url: string; key: string | undefined } | undefined {
  const folders = dataFolders(where.environment, where.working_directory, OWN_ROOT);
  const path = folders.map((folder) => join(folder, 'stack.json')).find((each) => existsSync(each));
  if (path === undefined) return undefined;
  const { env, services = [] } = readStack(path);
  const gateway = services.find(({ name }) => name.startsWith('gateway'));
  if (gateway === undefined) return undefined;
  const url = `http://${hostInUrl(env.DASHBOARD_HOST ?? '127.0.0.1')}:${gateway.http_port}`;
  return { url, key: env.BENCHWIRE_API_KEY };
}

/** Data folders of local stacks that are here, running or not: they hold credentials. */
export function stackFolders(environment: Environment, working_directory: string): string[] {
  return dataFolders(environment, working_directory, OWN_ROOT).filter((folder) => existsSync(folder));
}

/** Whether a process holds the data folder and has not told yet where its NATS is. */
function isStarting(folder: string): boolean {
  try {
    const { pid } = stackLock.parse(JSON.parse(readFileSync(join(folder, 'stack.lock'), 'utf8')));
    return process.kill(pid, 0);
  } catch {
    return false; // nobody does, or nobody who lives
  }
}

function natsOnly(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith('NATS_')));
}

function dataFolders(environment: Environment, working_directory: string, own_root: string): string[] {
  const given = environment.BENCHWIRE_DATA_DIR;
  if (given !== undefined && given !== '') return [resolve(working_directory, given)];
  const folders = [resolve(working_directory)];
  for (let folder = folders[0] ?? '/'; dirname(folder) !== folder; ) {
    folder = dirname(folder);
    folders.push(folder);
  }
  return [...folders, own_root].map((folder) => join(folder, '.benchwire'));
}

function readStackFile(path: string): Record<string, string> {
  return readStack(path).env;
}

function readStack(path: string): z.infer<typeof stackFile> {
  try {
    return stackFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new ConfigError(
      `${path} describes a running stack, but can't be read (${error instanceof Error ? error.message.split('\n')[0] : error}): start the stack again, or set NATS_URL`,
    );
  }
}
