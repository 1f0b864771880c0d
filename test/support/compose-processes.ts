import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '@benchwire/deploy/local/free-port.ts';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { vi } from 'vitest';
import { type ComposeFile, freshVariables, readCompose } from './compose-file.ts';
import type { Image } from './dockerfile.ts';

/** One process that stands for a container. */
export interface ComposeProcess {
  name: string;
  child: ChildProcess;
  /** What it printed. */
  output(): string;
  /** Runs its healthcheck as it is written; the exit code. */
  health(): number | null;
  /** Sends the signal that its container would get, and waits. Gives the exit code. */
  stop(): Promise<number | null>;
}

/** Program of the images that name it in their ENTRYPOINT. */
const PROGRAMS: Readonly<Record<string, string>> = { nats: 'nats-server', prometheus: 'prometheus' };

/**
 * compose.yaml without an engine: its servers and services as processes of this machine, with the commands, files,
 * variables and healthchecks that stand there. Only where something listens and lies is put in its place.
 */
export class ComposeProcesses {
  readonly file: ComposeFile;
  readonly #folder: string;
  readonly #running: ComposeProcess[] = [];
  /** What containers call it, and what it is here: `nats:4222`, `127.0.0.1:8222`. */
  readonly #places = new Map<string, string>();

  constructor(folder: string) {
    this.#folder = folder;
    this.file = readCompose({ ...freshVariables(), PWD: folder });
  }

  /** A variable of a service, as it stands in the file. */
  variable(service: string, name: string): string {
    return this.file.services[service]?.environment[name] ?? '';
  }

  /** Says that something is to be found elsewhere. */
  put(place: string, here: string): void {
    this.#places.set(place, here);
  }

  /** A free port in place of one that containers use. */
  async port(...places: string[]): Promise<number> {
    const port = await freePort();
    for (const place of places) this.put(place, `127.0.0.1:${port}`);
    return port;
  }

  here(text: string): string {
    let result = text;
    for (const [place, here] of this.#places) result = result.replaceAll(place, here);
    return result;
  }

  /** A server whose program this machine has. `change` puts into its files what no place can say. */
  server(name: string, change: (text: string) => string = (text) => text, path = process.env.PATH): ComposeProcess {
    const { command = [], environment = {}, volumes = [], healthcheck } = this.file.services[name] ?? {};
    const folder = join(this.#folder, name);
    let line = PROGRAMS[name] === undefined ? command : [PROGRAMS[name], ...command];
    for (const [source = '', target = ''] of volumes.map((each) => each.split(':'))) {
      const copy = join(folder, target);
      if (source.startsWith('./')) {
        cpSync(join(repositoryRoot, 'deploy', source), copy, { recursive: true });
        writeFileSync(copy, change(this.here(readFileSync(copy, 'utf8')).replaceAll('/data', join(folder, 'data'))));
      } else mkdirSync(copy, { recursive: true });
      line = line.map((each) => each.replaceAll(target, copy));
    }
    const env = { PATH: path, ...environment };
    return this.#start(
      name,
      line.map((each) => this.here(each)),
      env,
      folder,
      'SIGTERM',
      (check) => {
        const test = this.here(healthcheck?.test ?? 'false');
        return check('sh', ['-c', test]);
      },
    );
  }

  /** A service from its image. */
  async service(name: string, image: Image): Promise<ComposeProcess & { http_port: number }> {
    const http_port = await freePort();
    const env = { ...this.environment(name, image), HTTP_HOST: '127.0.0.1', HTTP_PORT: String(http_port) };
    const inImage = (each: string): string =>
      each === 'node' ? process.execPath : each.replace(/^\//, `${image.root}/`);
    const workdir = join(image.root, image.workdir);
    const started = this.#start(name, image.entrypoint.map(inImage), env, workdir, image.stopsignal, (check) => {
      const [program = '', ...args] = image.healthcheck;
      return check(inImage(program), args);
    });
    return Object.assign(started, { http_port });
  }

  /** Runs an image that does something and ends. */
  once(name: string, image: Image, args: string[], cwd: string): { code: number | null; output: string } {
    const [, script = ''] = image.entrypoint;
    const env = this.environment(name, image);
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(image.root, script), ...args], {
      env,
      cwd,
      encoding: 'utf8',
      timeout: 90_000,
    });
    return { code: status, output: `${stdout}${stderr}` };
  }

  /** All variables that a container of a service would have. */
  environment(name: string, image: Image): Record<string, string> {
    const whole = { ...image.env, ...this.file.services[name]?.environment };
    return Object.fromEntries(
      Object.entries(whole).map(([key, value]) => {
        if (/^\/\w/.test(value)) mkdirSync(join(image.root, value), { recursive: true });
        return [key, this.here(value).replace(/^\//, `${image.root}/`)];
      }),
    );
  }

  async stop(): Promise<void> {
    for (const each of this.#running.toReversed()) await each.stop();
  }

  #start(
    name: string,
    [program = '', ...args]: string[],
    env: Record<string, string | undefined>,
    cwd: string,
    signal: string,
    health: (check: (program: string, args: string[]) => number | null) => number | null,
  ): ComposeProcess {
    mkdirSync(cwd, { recursive: true });
    const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    const exited = once(child, 'close');
    const started: ComposeProcess = {
      name,
      child,
      output: () => output,
      health: () =>
        health((check, argsOfCheck) => {
          const path = `${dirname(process.execPath)}:${process.env.PATH}`;
          return spawnSync(check, argsOfCheck, { env: { ...env, PATH: path }, timeout: 5_000 }).status;
        }),
      stop: async () => {
        child.kill(signal as NodeJS.Signals);
        const [code] = await exited;
        return code as number | null;
      },
    };
    this.#running.push(started);
    return started;
  }
}

/** Waits as Docker does: until the healthcheck says yes. */
export async function untilHealthy(...all: ComposeProcess[]): Promise<void> {
  for (const each of all) {
    await vi.waitFor(
      () => {
        if (each.child.exitCode !== null) throw new Error(`${each.name} has ended:\n${each.output()}`);
        if (each.health() !== 0) throw new Error(`${each.name} is not healthy:\n${each.output()}`);
      },
      { timeout: 60_000, interval: 200 },
    );
  }
}
