import { randomBytes } from 'node:crypto';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { buildDashboard } from './dashboard.ts';
import { once } from './once.ts';
import type { Environment } from './server-handle.ts';
import { type LocalServers, type ServersOptions, startServers, untilReady } from './servers.ts';
import { type ServiceHandle, ServiceLauncher } from './service-launcher.ts';
import { type ServiceKind, serviceKinds } from './service-process.ts';

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
  const env = { ...servers.env, BENCHWIRE_DATA_DIR: servers.paths.root };
  const sign_in_token = randomBytes(32).toString('base64url');
  const launcher = new ServiceLauncher({
    servers: { ...servers, env },
    environment: { ...process.env, ...options.env, ...env, BENCHWIRE_SIGN_IN_TOKEN: sign_in_token },
    scripts: options.scripts ?? {},
    fixed_dashboard_port: options.fixed_dashboard_port === true,
    onLine: (service, line) => onLog({ service, line }),
    say,
  });
  servers.onRoom(() => launcher.writeFile());
  const stop = once(async () => {
    await launcher.stopAll();
    await servers.stop();
  });
  try {
    const kinds = wanted(options.services).filter(([, count]) => count > 0);
    // The gateway serves the page's files.
    if (kinds.some(([kind]) => kind === 'gateway')) await buildDashboard(say);
    for (const [kind, count] of kinds) for (let n = 0; n < count; n++) launcher.launch(kind);
    await Promise.all(launcher.services.map((each) => untilReady(each, signal)));
    launcher.writeFile();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...servers,
    env,
    services: launcher.services,
    sign_in_token,
    service: (name) => find(launcher.services, name),
    addService: async (kind, extra) => {
      const handle = launcher.launch(kind, extra);
      await handle.waitReady();
      return handle;
    },
    stopService: (service) => launcher.stop(service),
    stop,
    abandon: () => {
      for (const each of [...launcher.services, servers.nats, servers.redis]) each?.abandon();
    },
  };
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
