import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardPort } from './dashboard-port.ts';
import { writeIfPossible } from './disk-full.ts';
import { LogFile } from './log-file.ts';
import { writePrivateFile } from './private-file.ts';
import type { Environment } from './server-handle.ts';
import { type LocalServers, superviseRecorded } from './servers.ts';
import { type ServiceKind, scriptOf, serviceProcess, usualShutdownSeconds } from './service-process.ts';
import type { StackFile } from './stack-file.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** A running service: it can be killed, restarted and stopped. */
export type ServiceHandle = SupervisedProcess & {
  readonly kind: ServiceKind;
  readonly http_url: string;
  readonly http_port: number;
};

export interface LauncherOptions {
  servers: LocalServers;
  /** Of every service. */
  environment: Environment;
  /** Script of a service, in place of `services/<kind>/src/main.ts`. */
  scripts: Readonly<Partial<Record<ServiceKind, string>>>;
  /** The dashboard has the same port at every start. */
  fixed_dashboard_port: boolean;
  /** A line that a service printed. */
  onLine: (service: string, line: string) => void;
  say: (text: string) => void;
}

/** Starts and stops the services of one stack, and keeps its stack file up to date. */
export class ServiceLauncher {
  readonly services: ServiceHandle[] = [];
  readonly #options: LauncherOptions;
  readonly #started_at = new Date().toISOString();
  readonly #patience_ms: number;
  #open = true;

  constructor(options: LauncherOptions) {
    this.#options = options;
    this.#patience_ms = (Number(options.environment.SHUTDOWN_SECONDS || usualShutdownSeconds) + 5) * 1000;
  }

  /** Starts one more of a kind; does not wait until it is ready. */
  launch(kind: ServiceKind, extra: Environment = {}): ServiceHandle {
    const { servers, environment, scripts, fixed_dashboard_port, onLine, say } = this.#options;
    const { paths, worker_login, nats } = servers;
    const number = this.services.filter((each) => each.kind === kind).length + 1;
    const log = new LogFile(join(paths.logs, `${kind}-${number}.log`));
    const spec = serviceProcess({
      kind,
      number,
      script: scripts[kind] ?? scriptOf(kind),
      environment: { ...environment, ...extra },
      takes_secrets: scripts[kind] === undefined,
      worker_login: { ...worker_login, ...extra },
      paths,
      shared_nats: nats === undefined,
      findPort:
        fixed_dashboard_port && kind === 'gateway' && number === 1
          ? () => dashboardPort(paths.root, servers.env.DASHBOARD_HOST)
          : undefined,
      onLine: (line) => {
        log.append(line);
        onLine(spec.name, line);
      },
    });
    const supervised = superviseRecorded(spec, paths, say, () => this.writeFile());
    const handle = Object.defineProperties(supervised, {
      kind: { value: kind },
      http_port: { get: spec.port },
      http_url: { get: () => `http://127.0.0.1:${spec.port()}` },
    }) as ServiceHandle;
    this.services.push(handle);
    handle.start();
    return handle;
  }

  /** In order, with as much time as services have to finish. */
  stop(service: ServiceHandle): Promise<void> {
    return service.stop(this.#patience_ms);
  }

  /** Those of one kind stop together; a kind stops only when those that feed it have. */
  async stopAll(): Promise<void> {
    const kinds = [...new Set(this.services.map((each) => each.kind))].toReversed();
    for (const kind of kinds)
      await Promise.all(this.services.filter((each) => each.kind === kind).map((each) => this.stop(each)));
    this.#open = false;
    rmSync(this.#options.servers.paths.stack, { force: true });
  }

  /** Writes the stack file, from which the CLI knows this stack. */
  writeFile(): void {
    if (!this.#open) return;
    const { servers } = this.#options;
    const text = `${JSON.stringify(describe(servers, this.services, this.#started_at), null, 2)}\n`;
    writeIfPossible(() => writePrivateFile(servers.paths.stack, text));
  }
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
