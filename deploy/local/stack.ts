import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { buildDashboard } from './dashboard.ts';
import { dashboardPort } from './dashboard-port.ts';
import { writeIfPossible } from './disk-full.ts';
import { LogFile } from './log-file.ts';
import { once } from './once.ts';
import { writePrivateFile } from './private-file.ts';
import type { Environment } from './server-handle.ts';
import { type LocalServers, type ServersOptions, startServers, superviseRecorded, untilReady } from './servers.ts';
import { type ServiceKind, scriptOf, serviceKinds, serviceProcess, usualShutdownSeconds } from './service-process.ts';
import type { StackFile } from './stack-file.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** One line that a service printed, or (`stack`) that the stack has to say. */
export interface LogLine {
  service: string;
  line: string;
}

export interface StackOptions extends Omit<ServersOptions, 'say'> {
  /** Names: exactly these, one of each. Counts: those named differ from one of each; 0 leaves a service out. */
  services?: readonly ServiceKind[] | Readonly<Partial<Record<ServiceKind, number>>>;
  /** Script of a service, in place of `services/<kind>/src/main.ts`. */
  scripts?: Readonly<Partial<Record<ServiceKind, string>>>;
  /** The dashboard has the same port at every start, from 8080 on; else any free one, as for tests side by side. */
  fixed_dashboard_port?: boolean;
  onLog?: (line: LogLine) => void;
}

/** A running service: it can be killed, restarted and stopped. */
export type ServiceHandle = SupervisedProcess & {
  readonly kind: ServiceKind;
  readonly http_url: string;
  readonly http_port: number;
};

export interface LocalStack extends Omit<LocalServers, 'stop'> {
  services: readonly ServiceHandle[];
  /** Signs a browser in, once: `<page>/#token=<this>`. */
  sign_in_token: string;
  /** By name: `worker-2`; `scheduler` is the first scheduler. */
  service: (name: string) => ServiceHandle;
  /** Starts one more of a kind and waits until it is ready. */
  addService: (kind: ServiceKind, env?: Environment) => Promise<ServiceHandle>;
  /** Stops one in order, with as much time as services have to finish; `start` brings it back. */
  stopService: (service: ServiceHandle) => Promise<void>;
  /** Stops everything in order. */
  stop: () => Promise<void>;
  /** Kills everything at once; for a user who does not want to wait for `stop`. */
  abandon: () => void;
}

/**
 * Starts the servers and every service, and waits until all are ready.
 * @throws BenchwireError as `startServers`, or PROCESS_FAILED with the last lines of a service that does not come up;
 * what was started before is stopped again
 */
export async function startLocalStack(options: StackOptions): Promise<LocalStack> {
  const { onLog = () => {}, signal } = options;
  const say = (text: string): void => {
    for (const line of text.split('\n')) onLog({ service: 'stack', line });
  };
  const servers = await startServers({ ...options, say });
  const { paths } = servers;
  const env = { ...servers.env, BENCHWIRE_DATA_DIR: paths.root };
  const sign_in_token = randomBytes(32).toString('base64url');
  const environment: Environment = {
    ...process.env,
    ...options.env,
    ...env,
    BENCHWIRE_SIGN_IN_TOKEN: sign_in_token,
  };
  const started_at = new Date().toISOString();
  const services: ServiceHandle[] = [];
  let open = true;

  const writeFile = (): void => {
    if (!open) return;
    const text = `${JSON.stringify(describe({ ...servers, env }, services, started_at), null, 2)}\n`;
    writeIfPossible(() => writePrivateFile(paths.stack, text));
  };
  servers.onRoom(writeFile);

  const launch = (kind: ServiceKind, extra: Environment = {}): ServiceHandle => {
    const number = services.filter((each) => each.kind === kind).length + 1;
    const log = new LogFile(join(paths.logs, `${kind}-${number}.log`));
    const spec = serviceProcess({
      kind,
      number,
      script: options.scripts?.[kind] ?? scriptOf(kind),
      environment: { ...environment, ...extra },
      takes_secrets: options.scripts?.[kind] === undefined,
      worker_login: { ...servers.worker_login, ...extra },
      paths,
      shared_nats: servers.nats === undefined,
      findPort:
        options.fixed_dashboard_port && kind === 'gateway' && number === 1
          ? () => dashboardPort(paths.root, servers.env.DASHBOARD_HOST)
          : undefined,
      onLine: (line) => {
        log.append(line);
        onLog({ service: spec.name, line });
      },
    });
    const supervised = superviseRecorded(spec, paths, say, writeFile);
    const handle = Object.defineProperties(supervised, {
      kind: { value: kind },
      http_port: { get: spec.port },
      http_url: { get: () => `http://127.0.0.1:${spec.port()}` },
    }) as ServiceHandle;
    services.push(handle);
    handle.start();
    return handle;
  };

  const patience_ms = (Number(environment.SHUTDOWN_SECONDS || usualShutdownSeconds) + 5) * 1000;
  const stopService = (service: ServiceHandle): Promise<void> => service.stop(patience_ms);
  const stop = once(async () => {
    // Those of one kind stop together; a kind stops only when those that feed it have.
    const kinds = [...new Set(services.map((each) => each.kind))].toReversed();
    for (const kind of kinds) await Promise.all(services.filter((each) => each.kind === kind).map(stopService));
    open = false;
    rmSync(paths.stack, { force: true });
    await servers.stop();
  });

  const stack: LocalStack = {
    ...servers,
    env,
    services,
    sign_in_token,
    service: (name) => find(services, name),
    addService: async (kind, env) => {
      const handle = launch(kind, env);
      await handle.waitReady();
      return handle;
    },
    stopService,
    stop,
    abandon: () => {
      for (const each of [...services, servers.nats, servers.redis]) each?.abandon();
    },
  };
  try {
    const kinds = wanted(options.services).filter(([, count]) => count > 0);
    // The gateway serves the page's files.
    if (kinds.some(([kind]) => kind === 'gateway')) await buildDashboard(say);
    for (const [kind, count] of kinds) for (let n = 0; n < count; n++) launch(kind);
    await Promise.all(services.map((each) => untilReady(each, signal)));
    writeFile();
    return stack;
  } catch (error) {
    await stop();
    throw error;
  }
}

function wanted(services: StackOptions['services']): [ServiceKind, number][] {
  if (isList(services)) return services.map((kind) => [kind, 1]);
  const counts = new Map<ServiceKind, number>(serviceKinds.map((kind) => [kind, 1]));
  for (const [kind, count = 0] of Object.entries(services ?? {})) counts.set(kind, count);
  return [...counts];
}

const isList = (value: StackOptions['services']): value is readonly ServiceKind[] => Array.isArray(value);

function find(services: readonly ServiceHandle[], name: string): ServiceHandle {
  const found = services.find((each) => each.name === name) ?? services.find((each) => each.kind === name);
  if (found !== undefined) return found;
  throw new BenchwireError(
    'NO_SUCH_SERVICE',
    `no service "${name}" in this stack: ${services.map((each) => each.name).join(', ')}`,
  );
}

function describe({ env, paths }: LocalServers, services: readonly ServiceHandle[], started_at: string): StackFile {
  const { NATS_URL = '', NATS_USER: user, NATS_PASSWORD: password, REDIS_URL = '' } = env;
  return {
    v: 1,
    pid: process.pid,
    started_at,
    data_dir: paths.root,
    env,
    nats: { url: NATS_URL, ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) },
    redis: { url: REDIS_URL },
    services: services.map(({ name, pid, http_port, state }) => ({
      name,
      http_port,
      state,
      ...(pid === undefined ? {} : { pid }),
    })),
  };
}
