import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isNewEnough } from '@benchwire/deploy/local/find-server.ts';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { mustRun, type ProgramOptions } from '../support/run-program.ts';

/** How long anything may take that builds images or waits for health. */
const PATIENCE_MS = 15 * 60_000;

export interface CheckoutOptions {
  /** DOCKER_HOST, and where the Compose plugin is. */
  env: Readonly<Record<string, string>>;
  engine_version: string;
  /** Whether the engine runs on this machine, with its limits. */
  own: boolean;
  say: (text: string) => void;
}

/**
 * A copy of this working tree in a folder of its own, to be used as docs/deployment.md says: it gets its own passwords,
 * and its containers, networks and volumes have another name than anybody's own.
 */
export class Checkout {
  readonly folder: string;
  readonly #env: Record<string, string>;
  readonly #say: (text: string) => void;
  /** `--file` for each compose file; `deploy/compose.yaml` is the first. */
  readonly #files = ['deploy/compose.yaml'];

  constructor({ env, engine_version, own, say }: CheckoutOptions) {
    this.#say = say;
    this.folder = mkdtempSync(join(tmpdir(), 'bw-checkout-'));
    chmodSync(this.folder, 0o755); // as a clone has it: bw in a container reads it as another user
    this.#env = { ...env, COMPOSE_PROJECT_NAME: 'benchwire-test', PWD: this.folder };
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: repositoryRoot,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    for (const file of listed.split('\0').filter((each) => each !== '')) {
      mkdirSync(dirname(join(this.folder, file)), { recursive: true });
      cpSync(join(repositoryRoot, file), join(this.folder, file), { force: true, errorOnExist: false });
    }
    symlinkSync(join(repositoryRoot, 'node_modules'), join(this.folder, 'node_modules'));
    if (!isNewEnough(engine_version, [25, 0])) this.#fitOldEngine(engine_version, say);
    if (own) this.#fitLimits(say);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Writes a compose file that is used beside deploy/compose.yaml from then on. */
  addFile(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
    this.#files.push(name);
  }

  /**
   * On 127.0.0.1 as compose.yaml says; where a stack of somebody else has one of its ports, on another address of loopback,
   * by the variable that is there for it. @returns the address
   */
  async publishWhereFree(say: (text: string) => void): Promise<string> {
    const published = [...this.#read('deploy/compose.yaml').matchAll(/PUBLISH_ADDRESS:-127\.0\.0\.1\}:(\d+):/g)];
    const taken: string[] = [];
    for (const [, port = ''] of published) if (!(await isFree(Number(port)))) taken.push(port);
    if (taken.length === 0) return '127.0.0.1';
    const address = '127.0.0.77';
    say(`something else listens on port ${taken.join(', ')}: published on ${address} instead of 127.0.0.1`);
    this.edit('deploy/.env', (text) => `${text.replaceAll('127.0.0.1', address)}\nPUBLISH_ADDRESS=${address}\n`);
    return address;
  }

  /** `docker compose --file deploy/compose.yaml …`. @returns stdout @throws Error with all that it printed */
  async compose(...args: string[]): Promise<string> {
    return await this.run(['docker', 'compose', ...this.#files.flatMap((file) => ['--file', file]), ...args]);
  }

  /**
   * `docker compose down …`. An engine before 25 may keep the endpoint of a container that was killed while it started: then it is taken off
   * the network by hand, which is said, and `down` is done again.
   */
  async down(...args: string[]): Promise<void> {
    try {
      await this.compose('down', ...args);
    } catch (error) {
      if (!messageOf(error).includes('has active endpoints')) throw error;
      const network = 'benchwire-test_default';
      const left = await this.docker(
        'network',
        'inspect',
        '--format',
        '{{range .Containers}}{{.Name}} {{end}}',
        network,
      );
      this.#say(`the engine kept endpoints of killed containers: ${left}`);
      for (const name of left.split(' ').filter((each) => each !== ''))
        await this.docker('network', 'disconnect', '--force', network, name);
      await this.compose('down', ...args);
    }
  }

  /** `docker …`. */
  async docker(...args: string[]): Promise<string> {
    return await this.run(['docker', ...args]);
  }

  /** A line of the docs, in the checkout. */
  async shell(line: string): Promise<string> {
    return await this.run(['sh', '-ec', line]);
  }

  async run(command: readonly string[], options: ProgramOptions = {}): Promise<string> {
    return await mustRun(command, { cwd: this.folder, env: this.#env, timeout_ms: PATIENCE_MS, ...options });
  }

  /** Ids of the containers of a service that run. */
  async containers(service: string): Promise<string[]> {
    return (await this.compose('ps', '--quiet', service)).split('\n').filter((id) => id !== '');
  }

  edit(file: string, change: (text: string) => string): void {
    const path = join(this.folder, file);
    const before = readFileSync(path, 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`nothing to change in ${file}`);
    writeFileSync(path, after);
  }

  /** Engines before 25 refuse to check more often while a container starts: they check as often all the time. */
  #fitOldEngine(version: string, say: (text: string) => void): void {
    const [, seconds = '2s'] = /--start-interval=(\S+)/.exec(this.#read('deploy/docker/Dockerfile')) ?? [];
    this.edit('deploy/docker/Dockerfile', (text) =>
      text.replace(/--interval=\S+/, `--interval=${seconds}`).replace(/ --start-interval=\S+/, ''),
    );
    this.edit('deploy/compose.yaml', (text) =>
      text.replaceAll(/^ +start_interval: .*\n/gm, '').replaceAll(/\binterval: \w+/g, `interval: ${seconds}`),
    );
    say(
      `engine ${version} is older than 25: a copy of compose.yaml and Dockerfile without start_interval, and an interval of ${seconds} instead`,
    );
  }

  /** Where root itself may not raise the number of open files, no container can have more. */
  #fitLimits(say: (text: string) => void): void {
    const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
    const wanted = Number(/nofile: (\d+)/.exec(this.#read('deploy/compose.yaml'))?.[1]);
    if (limit === 'unlimited' || Number(limit) >= wanted) return;
    this.addFile('nofile.yaml', `services: { clickhouse: { ulimits: !override { nofile: ${limit} } } }\n`);
    say(`this machine allows ${limit} open files: clickhouse gets that instead of ${wanted}`);
  }

  #read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
