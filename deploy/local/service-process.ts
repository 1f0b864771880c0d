import { hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { withSecretsApart } from '@benchwire/shared/runtime/handed-secrets.ts';
import { freePort } from './free-port.ts';
import { type DataPaths, repositoryRoot } from './paths.ts';
import type { Environment } from './server-handle.ts';
import type { ProcessSpec } from './supervised-process.ts';

/**
 * In the order of starting; stopping goes the other way: first nothing new comes in, then what runs is finished and
 * reported, and last the aggregator writes what was reported.
 */
export const serviceKinds = ['aggregator', 'anomaly', 'notifier', 'scheduler', 'worker', 'ingest', 'gateway'] as const;

/** A test may run scripts of its own under other names. */
export type ServiceKind = (typeof serviceKinds)[number] | (string & {});

export interface ServiceSpec {
  kind: ServiceKind;
  /** Counted from 1 among those of its kind. */
  number: number;
  script: string;
  environment: Environment;
  paths: DataPaths;
  /** Takes its logins over IPC, as our services do; else they are in its environment. */
  takes_secrets: boolean;
  /** What a worker gets in place of the stack's own logins. */
  worker_login: Environment;
  /** Other machines may be on it: a worker then finds an id by itself that none of them has. */
  shared_nats: boolean;
  /** Finds its HTTP port; any free one without it. */
  findPort?: (() => Promise<number>) | undefined;
  onLine: (line: string) => void;
}

/** How long a service may take to finish after SIGTERM, unless the environment says otherwise. */
export const usualShutdownSeconds = 15;

/** One service as a child process: `services/<kind>/src/main.ts` on an HTTP port of its own. */
export function serviceProcess(spec: ServiceSpec): ProcessSpec & { port: () => number } {
  const { kind, number, script, onLine, findPort = () => freePort() } = spec;
  let port = 0;
  return {
    name: `${kind}-${number}`,
    port: () => port,
    launch: async (ready_before) => {
      if (!ready_before) port = await findPort();
      const whole = serviceEnvironment(spec, port);
      const { environment: env, secrets } = spec.takes_secrets
        ? withSecretsApart(whole)
        : { environment: whole, secrets: {} };
      return {
        command: process.execPath,
        args: [script],
        env,
        ...(spec.takes_secrets ? { secrets } : {}),
        cwd: repositoryRoot,
        output: { to: 'lines', onLine },
        ipc: true,
      };
    },
    probe: () => probeReady(port),
  };
}

export const scriptOf = (kind: ServiceKind): string => join(repositoryRoot, 'services', kind, 'src/main.ts');

function serviceEnvironment(
  { kind, number, environment, paths, shared_nats, worker_login }: ServiceSpec,
  port: number,
): Environment {
  const env: Environment = {
    LOG_LEVEL: 'info',
    LOG_FORMAT: 'json',
    SHUTDOWN_SECONDS: String(usualShutdownSeconds),
    HTTP_HOST: '127.0.0.1',
    ...environment,
    HTTP_PORT: String(port),
  };
  // npm's and a test runner's own variables mean nothing to a service, and some change how Node behaves.
  for (const name of Object.keys(env)) if (/^(npm_|VITEST|NODE_ENV$|NODE_CHANNEL)/.test(name)) delete env[name];
  if (kind === 'gateway') {
    env.DASHBOARD_DIR ||= join(repositoryRoot, 'dashboard/dist');
    // The first one only: it has the dashboard's port.
    if (env.DASHBOARD_HOST && number === 1) env.HTTP_ALSO_HOST ||= env.DASHBOARD_HOST;
  }
  // Nobody else opens doors, and a worker starts other people's programs.
  else for (const name of ['BENCHWIRE_API_KEY', 'BENCHWIRE_SIGN_IN_TOKEN']) delete env[name];
  if (kind === 'aggregator' && !env.CLICKHOUSE_URL) env.CLICKHOUSE_PATH ||= paths.clickhouse;
  if (kind !== 'worker') return env;
  // A worker starts other people's programs: it knows nothing that opens more than its own doors.
  for (const name of Object.keys(env))
    if (/^((WORKER|VIEWER)_NATS_|WORKER_REDIS_URL$|CLICKHOUSE_|KAFKA_|JWT_|GATEWAY_OIDC_)/.test(name)) delete env[name];
  return { ...env, ...worker_login, ...workerEnvironment(env, shared_nats ? undefined : number, paths) };
}

function workerEnvironment(env: Environment, number: number | undefined, paths: DataPaths): Environment {
  const here = env.INIT_CWD || process.cwd();
  return {
    WORKER_ID: env.WORKER_ID || (number === undefined ? undefined : workerId(number)),
    WORKER_CACHE_DIR: env.WORKER_CACHE_DIR || paths.cache,
    WORKER_RUNNERS_DIR: env.WORKER_RUNNERS_DIR || join(paths.root, 'runners'),
    // What lies there is the stack's own, its passwords among it.
    WORKER_COMMAND_HIDE: [env.WORKER_COMMAND_HIDE, paths.root].filter(Boolean).join(delimiter),
    // Not the whole home: anyone who may submit could find out which files are there.
    WORKER_MODEL_DIRS:
      env.WORKER_MODEL_DIRS || [...new Set([here, repositoryRoot, env.MODELS_DIR].filter(Boolean))].join(delimiter),
  };
}

/** What the worker would call itself; said here so that several that start at once don't reach for the same one. */
function workerId(number: number): string {
  const host = hostname()
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .slice(0, 100);
  return `worker-${host}${number === 1 ? '' : `-${number}`}`;
}

async function probeReady(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`/readyz answers ${response.status}: ${text.trim().slice(0, 300)}`);
}
