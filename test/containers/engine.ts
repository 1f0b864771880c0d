import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { lockDataDir, lockHolder } from '@benchwire/deploy/local/data-dir-lock.ts';
import { endLeftovers, forgetProcess, recordProcess } from '@benchwire/deploy/local/process-records.ts';
import { dyingWithUs } from '@benchwire/deploy/local/server-launch.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { cacheFolder } from '../support/cache.ts';
import { mustRun, runProgram } from '../support/run-program.ts';
import { rememberNetwork } from './host-network.ts';

/** A Docker engine that the tests may do with as they like. */
export interface DockerEngine {
  /** As DOCKER_HOST has it. */
  host: string;
  version: string;
  /** Whether the tests started it: nothing but theirs is in it. */
  own: boolean;
  stop(): Promise<void>;
}

const FOLDER = cacheFolder('docker');
const LOCK = join(FOLDER, 'engine.lock');
const PROCESSES = join(FOLDER, 'processes');
const PREFIX = 'bw-docker-';
/** Says where the engine's temporary folder is. */
const FOLDER_NOTE = join(FOLDER, 'engine-folder');

/** Names an engine that the tests may use although they did not start it. */
export const ENGINE_VARIABLE = 'BENCHWIRE_TEST_DOCKER_HOST';

const given = (): string => process.env[ENGINE_VARIABLE] ?? '';

/**
 * Why there is no engine for the tests here; undefined when there is one, or one can be started. An engine that somebody
 * else started is used only when {@link ENGINE_VARIABLE} names it.
 */
export async function whyNoEngine(): Promise<string | undefined> {
  if (given() !== '')
    return (await engineVersion(given())) === undefined
      ? `no Docker engine answers at ${given()}, which ${ENGINE_VARIABLE} names`
      : undefined;
  const use = (host: string): string => `${ENGINE_VARIABLE}=${host} lets the tests use it`;
  const usual = process.env.DOCKER_HOST || 'unix:///var/run/docker.sock';
  if ((await engineVersion(usual)) !== undefined)
    return `a Docker engine that the tests did not start answers at ${usual}, and they leave it alone; ${use(usual)}`;
  if (process.platform !== 'linux')
    return `the tests can start a Docker engine on Linux only; with one running, ${use(usual)}`;
  if ((await runProgram(['dockerd', '--version'])).code !== 0) return 'dockerd, the Docker engine, is not installed';
  if (process.getuid?.() !== 0) return `only root can start a Docker engine; with one running, ${use(usual)}`;
  const holder = lockHolder(LOCK);
  if (holder !== undefined) return `another run of the tests has started one (pid ${holder.pid}); wait for its end`;
  const other = dockerdOfOthers();
  return other === undefined
    ? undefined
    : `a Docker engine that the tests did not start runs already (pid ${other}), and two would share one firewall; ${use('unix://…')}`;
}

/** An engine that is no leftover of the tests: its process, wherever its socket is. */
function dockerdOfOthers(): number | undefined {
  const note = join(PROCESSES, 'dockerd.json');
  const ours = existsSync(note) ? readFileSync(note, 'utf8') : '';
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => nameOf(pid) === 'dockerd' && !ours.includes(`"pid":${pid},`));
  return found === undefined ? undefined : Number(found);
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return ''; // it has ended meanwhile
  }
}

/** The engine that was named, or one that is started for the tests. @throws Error with the reason, and what it has logged */
export async function startEngine(): Promise<DockerEngine> {
  const why = await whyNoEngine();
  if (why !== undefined) throw new Error(why);
  if (given() === '') return await startOwn();
  const version = (await engineVersion(given())) ?? '';
  return { host: given(), version, own: false, stop: async () => {} };
}

/** Everything is in folders of its own; images stay in the cache for the next time. */
async function startOwn(): Promise<DockerEngine> {
  mkdirSync(PROCESSES, { recursive: true });
  const unlock = lockDataDir(LOCK);
  await endLeftovers(PROCESSES, 30_000);
  await removeFolderOf(FOLDER_NOTE);
  const network = await rememberNetwork(join(FOLDER, 'network-before.json'));
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  writeFileSync(FOLDER_NOTE, folder);
  const host = `unix://${join(folder, 'docker.sock')}`;
  const log = join(folder, 'dockerd.log');
  const [program = '', ...args] = dyingWithUs([
    ...['dockerd', '--host', host, '--data-root', join(FOLDER, 'data')],
    ...['--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'dockerd.pid')],
  ]);
  const output = openSync(log, 'a');
  const engine = spawn(program, args, { detached: true, stdio: ['ignore', output, output] });
  const ended = once(engine, 'exit');
  if (engine.pid !== undefined) recordProcess(PROCESSES, 'dockerd', engine.pid);

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      await end(engine, ended);
      forgetProcess(PROCESSES, 'dockerd');
      await unmountBelow(join(FOLDER, 'data'));
      await removeFolderOf(FOLDER_NOTE);
      await network.restore();
      unlock();
    })();
    return stopped;
  };
  // Anyone who interrupts the tests gets the machine back as it was, too.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().finally(() => process.exit(130)));
  try {
    const version = await untilItAnswers(engine, host, log);
    await removeAllButImages(host);
    return { host, version, own: true, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilItAnswers(engine: ChildProcess, host: string, log: string): Promise<string> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await pause(200)) {
    const version = await engineVersion(host);
    if (version !== undefined) return version;
    if (engine.exitCode !== null) break;
  }
  throw new Error(`dockerd does not start:\n${readFileSync(log, 'utf8').slice(-3000)}`);
}

/** What an earlier run left when it was killed. */
async function removeAllButImages(host: string): Promise<void> {
  const docker = (line: string): Promise<string> => mustRun(['sh', '-c', line], { env: { DOCKER_HOST: host } });
  await docker('docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes');
  await docker('docker volume ls --quiet | xargs --no-run-if-empty docker volume rm --force');
  await docker('docker network prune --force');
  await docker('docker image prune --force');
}

async function end(engine: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (engine.exitCode !== null || engine.signalCode !== null) return;
  engine.kill('SIGTERM');
  const late = setTimeout(() => engine.kill('SIGKILL'), 60_000);
  await ended;
  clearTimeout(late);
}

/** The temporary folder of an engine that has ended, by the note of where it is. */
async function removeFolderOf(note: string): Promise<void> {
  if (!existsSync(note)) return;
  const folder = readFileSync(note, 'utf8');
  if (basename(folder).startsWith(PREFIX)) {
    await unmountBelow(folder);
    rmSync(folder, { recursive: true, force: true });
  }
  rmSync(note, { force: true });
}

async function unmountBelow(folder: string): Promise<void> {
  const points = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  const ours = points.filter((point) => point.startsWith(`${folder}/`));
  for (const point of ours.toReversed()) await runProgram(['umount', '--lazy', point]);
}

/** Undefined when no engine answers there. */
async function engineVersion(host: string): Promise<string | undefined> {
  if (host.startsWith('unix://') && !existsSync(host.slice('unix://'.length))) return undefined;
  const command = ['docker', 'version', '--format', '{{.Server.Version}}'];
  const { code, stdout } = await runProgram(command, { env: { DOCKER_HOST: host }, timeout_ms: 10_000 });
  return code === 0 ? stdout.trim() : undefined;
}
