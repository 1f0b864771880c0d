import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { freePort } from '@benchwire/deploy/local/free-port.ts';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { dyingWithUs } from '@benchwire/deploy/local/server-launch.ts';
import { vi } from 'vitest';
import { type ComposeFile, freshVariables, readCompose } from './compose-file.ts';
import type { Image } from './dockerfile.ts';

/** A process that stands for a container. */
export interface ComposeProcess {
  name: string;
  child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Runs its healthcheck as it is written. True when it says that all is well. */
  healthy(): boolean;
  /** Its exit code. */
  ended: Promise<number | null>;
  /** Sends the signal that its container would get, and waits. */
  stop(): Promise<number | null>;
}

interface Start {
  line: string[];
  env: Record<string, string | undefined>;
  cwd: string;
  signal: string;
  healthcheck: string[];
}

/**
 * compose.yaml without an engine: its servers and services as processes of this machine, with the commands, files,
 * variables and healthchecks that stand there. Only where something listens or lies is put in its place.
 */
export class ComposeProcesses {
  readonly file: ComposeFile;
  readonly #folder: string;
  readonly #path: string;
  readonly #running: ComposeProcess[] = [];
  /** What stands in the file, and what it is here: `nats:4222`, `/dev/tcp/127.0.0.1/9092`. */
  readonly #places = new Map<string, string>();

  /** @param programs - folders that the servers' programs may lie in, besides PATH */
  constructor(folder: string, programs: readonly string[]) {
    this.#folder = folder;
    this.#path = [...programs, process.env.PATH].join(delimiter);
    this.file = readCompose({ ...freshVariables(), PWD: folder });
  }

  /** A variable of a service, as a container would have it. */
  variable(service: string, name: string): string {
    const value = this.file.services[service]?.environment[name];
    if (value === undefined) throw new Error(`${service} has no variable ${name}`);
    return value;
  }

  /** Says what this is here. */
  put(place: string, here: string): void {
    this.#places.set(place, here);
  }

  /** A text of the file with everything in its place. */
  here(text: string): string {
    // In one go, the longest first: what was put in must not be looked at again.
    const places = [...this.#places.keys()].toSorted((a, b) => b.length - a.length);
    const pattern = new RegExp(places.map((place) => place.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g');
    return places.length === 0 ? text : text.replaceAll(pattern, (place) => this.#places.get(place) ?? place);
  }

  /**
   * Starts a server, by a program of this machine in place of the image's own.
   * @param program - in front of what the file says under `command`
   */
  server(name: string, program: readonly string[]): ComposeProcess {
    const { command = [], environment = {}, volumes = [], healthcheck } = this.file.services[name] ?? {};
    const folder = join(this.#folder, name);
    for (const [source = '', target = ''] of volumes.map((each) => each.split(':'))) {
      const copy = join(folder, target);
      this.put(target, copy);
      if (!source.startsWith('./')) mkdirSync(copy, { recursive: true });
      else cpSync(join(repositoryRoot, 'deploy', source), copy, { recursive: true });
    }
    for (const [source = '', target = ''] of volumes.map((each) => each.split(':'))) {
      const copy = join(folder, target);
      if (/\.\w+$/.test(source)) writeFileSync(copy, this.here(readFileSync(copy, 'utf8')));
    }
    const line = [...program, ...command.map((each) => this.here(each))];
    const env = { PATH: this.#path, ...environment };
    return this.#start(name, {
      line,
      env,
      cwd: folder,
      signal: 'SIGTERM',
      healthcheck: ['sh', '-c', this.here(healthcheck?.test ?? '')],
    });
  }

  /** Starts a service from its image; `without` takes variables away. */
  async service(
    name: string,
    image: Image,
    without: readonly string[] = [],
  ): Promise<ComposeProcess & { http_port: number }> {
    const http_port = await freePort();
    const env: Record<string, string> = {
      ...this.environment(name, image),
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(http_port),
    };
    for (const each of without) delete env[each];
    const { entrypoint, healthcheck, stopsignal, workdir } = image;
    const cwd = join(image.root, workdir);
    const started = this.#start(name, {
      line: inImage(image, entrypoint),
      env,
      cwd,
      signal: stopsignal,
      healthcheck: inImage(image, healthcheck),
    });
    return Object.assign(started, { http_port });
  }

  /** Runs an image that does something and ends. */
  async once(name: string, image: Image, args: readonly string[]): Promise<{ code: number | null; output: string }> {
    const line = [...inImage(image, image.entrypoint), ...args];
    const env = this.environment(name, image);
    const run = this.#start(name, { line, env, cwd: this.#folder, signal: 'SIGTERM', healthcheck: ['false'] });
    return { code: await run.ended, output: run.output() };
  }

  /** All variables that a container of the service would have. */
  environment(name: string, image: Image): Record<string, string> {
    const whole = { ...image.env, ...this.file.services[name]?.environment };
    return Object.fromEntries(
      Object.entries(whole).map(([key, value]) => {
        if (!value.startsWith('/')) return [key, this.here(value)];
        mkdirSync(join(image.root, value), { recursive: true });
        return [key, join(image.root, value)];
      }),
    );
  }

  async stop(): Promise<void> {
    for (const each of this.#running.toReversed()) await each.stop();
  }

  #start(name: string, { line, env, cwd, signal, healthcheck }: Start): ComposeProcess {
    const [program = '', ...args] = dyingWithUs(line);
    mkdirSync(cwd, { recursive: true });
    const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    const ended = once(child, 'close').then(([code]) => code as number | null);
    const [check = '', ...argsOfCheck] = healthcheck;
    const started: ComposeProcess = {
      name,
      child,
      output: () => output,
      healthy: () => spawnSync(check, argsOfCheck, { env, timeout: 5_000 }).status === 0,
      ended,
      stop: () => {
        child.kill(signal as NodeJS.Signals);
        return ended;
      },
    };
    this.#running.push(started);
    return started;
  }
}

/** A command of an image as it is run here: by this Node, with the image's files. */
function inImage({ root }: Image, line: readonly string[]): string[] {
  return line.map((each) => (each === 'node' ? process.execPath : each.replace(/^\//, `${root}/`)));
}

/** Waits as Docker does: until the healthchecks say so. */
export async function untilHealthy(...all: ComposeProcess[]): Promise<void> {
  for (const each of all) {
    await vi.waitFor(
      () => {
        if (each.child.exitCode !== null) throw new Error(`${each.name} has ended:\n${each.output()}`);
        if (!each.healthy()) throw new Error(`${each.name} is not healthy:\n${each.output()}`);
      },
      { timeout: 60_000, interval: 250 },
    );
  }
}
