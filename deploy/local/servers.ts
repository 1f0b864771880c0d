import { join } from 'node:path';
import { hostInUrl } from '@benchwire/shared/runtime/hosts.ts';
import {
  addressOnly,
  NATS_ADDRESS,
  REDIS_ADDRESS,
  readServerUrl,
  splitUrls,
} from '@benchwire/shared/runtime/server-url.ts';
import { type Credentials, loadCredentials } from './credentials.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { writeIfPossible } from './disk-full.ts';
import { DiskWatch } from './disk-watch.ts';
import { checkExternalServers } from './external-servers.ts';
import { findServer, natsServer, redisServer, type ServerKind } from './find-server.ts';
import { fitStreams } from './fit-streams.ts';
import { loopback } from './free-port.ts';
import { provideServers, thisMachine } from './install-server.ts';
import { natsProcess } from './nats.ts';
import { NatsWatchdog } from './nats-watchdog.ts';
import { once } from './once.ts';
import { createDataDir, type DataPaths } from './paths.ts';
import { endLeftovers, forgetProcess, recordProcess } from './process-records.ts';
import { redisProcess } from './redis.ts';
import { watchRedis } from './redis-watchdog.ts';
import { runCommand } from './run-command.ts';
import type { Environment, ServerHandle } from './server-handle.ts';
import { checkNothingExternal, shareAddress } from './share.ts';
import { SupervisedProcess } from './supervised-process.ts';

export interface ServersOptions {
  dataDir: string;
  /** On top of this process's environment; undefined takes a variable away. Addresses in it keep that server from being started. */
  env?: Environment;
  /** An address of this machine, or a name of it, for workers on other machines; NATS and Redis listen there and not on loopback. */
  share?: string | undefined;
  /** What the stack has to tell its user: installs, crashes. Silent by default. */
  say?: (text: string) => void;
  /** Aborted to give up starting; what was started is stopped again. */
  signal?: AbortSignal;
}

/** NATS and Redis of one data folder. */
export interface LocalServers {
  paths: DataPaths;
  /**
   * What a client needs: NATS_URL, NATS_USER, NATS_PASSWORD, REDIS_URL, BENCHWIRE_API_KEY. For those that join as workers
   * WORKER_REDIS_URL, WORKER_NATS_USER and WORKER_NATS_PASSWORD; for those that look on VIEWER_NATS_USER and VIEWER_NATS_PASSWORD.
   */
  env: Record<string, string>;
  /** What of these variables a worker here gets other values for. */
  worker_login: Record<string, string>;
  /** To be told when a disk that was full has room again. */
  onRoom: (listener: () => void) => void;
  /** Undefined when the environment names another server. */
  nats: ServerHandle | undefined;
  redis: ServerHandle | undefined;
  stop: () => Promise<void>;
}

/**
 * Starts NATS and Redis, unless the environment names others; installs them when they are missing. The data folder is
 * locked until `stop`.
 * @throws BenchwireError STACK_RUNNING, SERVER_MISSING, PROCESS_FAILED; UnreachableError for a server named in vain
 */
export async function startServers(options: ServersOptions): Promise<LocalServers> {
  const { say = () => {}, signal } = options;
  const environment = { ...process.env, ...options.env };
  if (options.share !== undefined) checkNothingExternal(environment);
  const host = options.share === undefined ? loopback : await shareAddress(options.share);
  const paths = createDataDir(options.dataDir);
  const unlock = lockDataDir(paths.lock);
  const started: ServerHandle[] = [];
  const watching: (() => void | Promise<void> | undefined)[] = [];
  const roomListeners = new Set<() => void>();
  let natsWatchdog: NatsWatchdog | undefined;
  const disk = new DiskWatch({
    folder: paths.root,
    say,
    onRoom: () => {
      natsWatchdog?.restart();
      for (const listener of roomListeners) listener();
    },
  });
  watching.push(() => disk.stop());
  const stop = once(async () => {
    for (const end of watching) await end();
    for (const server of started.toReversed()) await server.stop();
    unlock();
  });
  try {
    await checkExternalServers(environment);
    for (const left of await endLeftovers(paths.state, 5_000)) {
      say(`ended ${left.name} (pid ${left.pid}), left over from a stack that died.`);
    }
    const kinds = [natsServer, redisServer].filter((kind) => !environment[kind.variable]);
    const programs = await provideServers(kinds, { run: runCommand, say, find: findServer, machine: thisMachine() });
    const credentials = loadCredentials(paths.credentials);
    const env: Record<string, string> = { BENCHWIRE_API_KEY: credentials.api_key };
    if (host !== loopback) env.DASHBOARD_HOST = host;
    const handles = new Map<ServerKind, ServerHandle>();
    for (const [index, kind] of kinds.entries()) {
      const program = programs[index];
      if (program === undefined) continue;
      const spec =
        kind === natsServer
          ? natsProcess(paths, credentials, program, host)
          : redisProcess(paths, credentials, program, { host, prefix: environment.REDIS_PREFIX || 'benchwire' });
      const server = Object.assign(superviseRecorded(spec, paths, say), { version: program.version });
      started.push(server);
      handles.set(kind, server);
      server.start();
      await untilReady(server, signal);
      const address = `${hostInUrl(host)}:${spec.port()}`;
      Object.assign(env, kind === natsServer ? natsEnv(address, credentials) : redisEnv(address, credentials));
      if (kind === natsServer) {
        const { NATS_URL = '', NATS_USER, NATS_PASSWORD } = env;
        const login = { NATS_URL: [NATS_URL], NATS_USER, NATS_PASSWORD };
        const store_mb = await fitStreams(server, login, paths, say);
        env.NATS_STORE_MB = String(store_mb);
        natsWatchdog = new NatsWatchdog({ server, login, log_path: join(paths.logs, 'nats-server.log'), disk, say });
        watching.push(() => natsWatchdog?.stop());
      } else watching.push(watchRedis({ url: env.REDIS_URL ?? '', say, restart: () => void server.kill('SIGKILL') }));
    }
    for (const [name, value] of Object.entries(inherited(environment))) env[name] ??= value;
    const worker_login = workerLogin(env);
    // Where workers elsewhere come another way, as through a gateway, the user knows better.
    if (environment.WORKER_REDIS_URL) env.WORKER_REDIS_URL = environment.WORKER_REDIS_URL;
    const onRoom = (listener: () => void): void => void roomListeners.add(listener);
    return { paths, env, worker_login, onRoom, nats: handles.get(natsServer), redis: handles.get(redisServer), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * The user's own settings for NATS and Redis, logins taken out of NATS' address: it is shown, stored and logged. How to log in
 * elsewhere is none of our own server's business.
 */
function inherited(environment: Environment): Record<string, string> {
  const login = /^(?:WORKER_|VIEWER_)?NATS_(USER|PASSWORD|TOKEN|NKEY_SEED|CREDS_FILE|TLS_.*)$/;
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value && /^((WORKER_|VIEWER_)?NATS|REDIS)_/.test(name) && (environment.NATS_URL || !login.test(name)))
      given[name] = value;
  }
  const { NATS_URL, REDIS_URL } = given;
  if (NATS_URL !== undefined)
    Object.assign(given, natsLogin(NATS_URL, given.NATS_PASSWORD !== undefined), given, {
      NATS_URL: addressOnly(NATS_URL),
    });
  if (REDIS_URL !== undefined) given.REDIS_URL = readServerUrl('REDIS_URL', REDIS_URL, REDIS_ADDRESS).href;
  return given;
}

/** The login in addresses of NATS, as the variables that say the same. */
function natsLogin(urls: string, has_password: boolean): Record<string, string> {
  for (const text of splitUrls(urls)) {
    const { user, password } = readServerUrl('NATS_URL', text, NATS_ADDRESS);
    if (password !== undefined) return { ...(user === undefined ? {} : { NATS_USER: user }), NATS_PASSWORD: password };
    // One word: a user where the password comes another way, else a token.
    if (user !== undefined) return has_password ? { NATS_USER: user } : { NATS_TOKEN: user };
  }
  return {};
}

const natsEnv = (address: string, credentials: Credentials) => ({
  NATS_URL: `nats://${address}`,
  NATS_USER: credentials.nats_user,
  NATS_PASSWORD: credentials.nats_password,
  WORKER_NATS_USER: 'worker',
  WORKER_NATS_PASSWORD: credentials.nats_worker_password,
  VIEWER_NATS_USER: 'viewer',
  VIEWER_NATS_PASSWORD: credentials.nats_viewer_password,
});

const redisEnv = (address: string, { redis_password, redis_worker_password }: Credentials) => ({
  REDIS_URL: `redis://:${redis_password}@${address}`,
  WORKER_REDIS_URL: `redis://worker:${redis_worker_password}@${address}`,
});

/** On servers of the user's own there may be no other user. */
function workerLogin({
  WORKER_NATS_USER,
  WORKER_NATS_PASSWORD,
  WORKER_REDIS_URL,
}: Environment): Record<string, string> {
  return {
    ...(WORKER_NATS_USER === undefined ? {} : { NATS_USER: WORKER_NATS_USER }),
    ...(WORKER_NATS_PASSWORD === undefined ? {} : { NATS_PASSWORD: WORKER_NATS_PASSWORD }),
    ...(WORKER_REDIS_URL === undefined ? {} : { REDIS_URL: WORKER_REDIS_URL }),
  };
}

/** A supervised process that is noted in the data folder while it runs. */
export function superviseRecorded(
  spec: ConstructorParameters<typeof SupervisedProcess>[0],
  paths: DataPaths,
  say: (text: string) => void,
  onChange: () => void = () => {},
): SupervisedProcess {
  let recorded: number | undefined;
  const supervised = new SupervisedProcess(spec, {
    say,
    onChange: () => {
      const { pid, name } = supervised;
      if (pid !== recorded) {
        if (pid === undefined) forgetProcess(paths.state, name);
        else writeIfPossible(() => recordProcess(paths.state, name, pid));
        recorded = pid;
      }
      onChange();
    },
  });
  return supervised;
}

/** Waits for a process; when told to give up, stops waiting with the signal's reason. */
export async function untilReady(supervised: SupervisedProcess, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const gaveUp = Promise.withResolvers<never>();
  const giveUp = (): void => gaveUp.reject(signal?.reason);
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    await Promise.race([supervised.waitReady(), gaveUp.promise]);
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}
