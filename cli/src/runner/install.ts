import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type InstalledRunner, installedRunner, type RunnerName } from '@benchwire/shared/contracts/runner.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { RUNNER_PACKAGE } from '@benchwire/shared/runtime/runners-folder.ts';
import { z } from 'zod';
import type { RunnerSource } from './builds.ts';
import { outputOf, runStep } from './programs.ts';

export interface InstallOptions {
  /** The folder of all environments. */
  folder: string;
  name: RunnerName;
  source: RunnerSource;
  /** A folder with wheels: nothing is fetched then. */
  wheels: string | undefined;
  /** The Python that the environment is made of; the first one that fits when absent. */
  python: string | undefined;
  say: (line: string) => void;
}

/** As people call it. */
const TITLES: Readonly<Record<RunnerName, string>> = { torch: 'PyTorch', openvino: 'OpenVINO' };
const LOCKS = join(RUNNER_PACKAGE, 'locks');
const MAJOR = 3;
/** What the lock files were made for. */
const MINORS = [11, 12, 13] as const;
/** What is downloaded takes about this many times as much room when it is installed, with what pip needs meanwhile. */
const ROOM = 3.5;
const MB = 1_000_000;

const probed = z.object({ type: z.literal('probed'), versions: z.record(z.string(), z.string()) });

/**
 * Makes the environment of that name, unless the same one is there already. The old one stays until the new one has been
 * tried.
 */
export async function installRunner(options: InstallOptions): Promise<InstalledRunner> {
  const { name, folder, source, say } = options;
  const home = join(folder, name);
  const locks = locksOf(options);
  const lock_sha256 = await hashOf(locks);
  const before = await readInstalled(home);
  if (before !== undefined && before.lock_sha256 === lock_sha256 && before.build === source.build) {
    if ((await probe(name, before.python).catch(() => undefined)) !== undefined) {
      say(`${name} is installed already, from the same lock file: ${describe(before)}`);
      return before;
    }
    say('the environment that is there does not work: it is made again');
  }
  const base = await findPython(options.python);
  await sayRoom(options, locks);
  const venv = join(home, `venv-${randomBytes(4).toString('hex')}`);
  await mkdir(home, { recursive: true, mode: 0o700 });
  try {
    const python = await makeEnvironment(options, base, venv, locks);
    say(`[${locks.length + 2}/${locks.length + 2}] trying it`);
    const { python: python_version = '', ...versions } = await probe(name, python);
    const installed: InstalledRunner = {
      ...{ v: 1, name, build: source.build, python, python_version, versions },
      ...{ classes: source.classes, lock_sha256, installed_at: new Date().toISOString() },
    };
    await writeWhole(join(home, 'environment.json'), `${JSON.stringify(installed, null, 2)}\n`);
    await removeOthers(home, venv);
    say(`installed ${name}: ${describe(installed)}`);
    return installed;
  } catch (error) {
    await rm(venv, { recursive: true, force: true });
    throw error;
  }
}

/** Of PyTorch, which comes in builds, a lock file of its own. */
function locksOf({ name, wheels, source }: InstallOptions): string[] {
  if (name !== 'torch') return [`${name}.txt`];
  return [wheels === undefined && source.index === undefined ? 'torch-pypi.txt' : 'torch-index.txt', 'torch.txt'];
}

/** What is installed there; undefined where nothing is, or not to its end. */
export async function readInstalled(home: string): Promise<InstalledRunner | undefined> {
  const written = await readFile(join(home, 'environment.json'), 'utf8').catch(() => '{}');
  const read = installedRunner.safeParse(JSON.parse(written));
  return read.success ? read.data : undefined;
}

/** In a few words. */
function describe({ build, versions, python_version }: InstalledRunner): string {
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${libraries.join(', ')}, build ${build}, Python ${python_version}`;
}

/** Lock files of the repository: others make another environment. */
async function hashOf(locks: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of locks) hash.update(await readFile(join(LOCKS, file)));
  return hash.digest('hex');
}

/** @throws BenchwireError where there is none that fits */
async function findPython(named: string | undefined): Promise<string> {
  const candidates = named === undefined ? [...MINORS.map((minor) => `python${MAJOR}.${minor}`), 'python3'] : [named];
  const found: string[] = [];
  for (const python of candidates) {
    const version = await outputOf([python, '-c', 'import sys; print(*sys.version_info[:2])']);
    const [major, minor] = version?.split(' ').map(Number) ?? [];
    if (version === undefined) continue;
    if (major === MAJOR && MINORS.some((each) => each === minor)) return python;
    found.push(`${python} is ${major}.${minor}`);
  }
  const what = found.length === 0 ? `${candidates.join(', ')} not found` : found.join(', ');
  const wanted = `${MAJOR}.${MINORS[0]} to ${MAJOR}.${MINORS.at(-1)}`;
  throw new BenchwireError(
    'NO_PYTHON',
    `a runner needs Python ${wanted} (${what}): install one, or name it with --python.`,
  );
}

async function sayRoom({ name, folder, source, wheels, say }: InstallOptions, locks: readonly string[]): Promise<void> {
  const sizes = z
    .record(z.string(), z.record(z.string(), z.number()))
    .parse(JSON.parse(await readFile(join(LOCKS, 'sizes.json'), 'utf8')));
  const machine = `${platform()}-${arch()}`;
  const of = (file: string): number | undefined => sizes[file.replace('.txt', '')]?.[machine];
  const known = locks.map(of);
  const bytes = known.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(folder);
  const free_mb = Math.floor((bavail * bsize) / MB);
  const from = wheels ?? source.index ?? "pip's index";
  const size = `${Math.ceil(bytes / MB)} MB${known.includes(undefined) ? ' and PyTorch itself, whose size only that index knows' : ''}`;
  say(
    `${TITLES[name]} for ${source.build}, from ${from}: ${wheels === undefined ? 'downloads ' : ''}${size}; ${free_mb} MB are free in ${folder}`,
  );
  const needed_mb = Math.ceil((bytes * ROOM) / MB);
  if (needed_mb > free_mb)
    throw new BenchwireError(
      'NO_ROOM',
      `${folder} needs about ${needed_mb} MB and has ${free_mb}: free some, or name another folder in WORKER_RUNNERS_DIR.`,
    );
}

/** @returns the environment's Python */
async function makeEnvironment(
  { name, source, wheels, say }: InstallOptions,
  base: string,
  venv: string,
  locks: readonly string[],
): Promise<string> {
  const has_uv = (await outputOf(['uv', '--version'])) !== undefined;
  const python = join(venv, 'bin/python');
  say(`[1/${locks.length + 2}] a virtual environment of ${base}${has_uv ? ', with uv' : ''}`);
  await runStep(
    has_uv ? ['uv', 'venv', '--python', base, venv] : [base, '-m', 'venv', venv],
    () => undefined,
    process.env,
  );
  const pip = has_uv
    ? ['uv', 'pip', 'install', '--python', python, '--no-deps']
    : [python, '-m', 'pip', '--disable-pip-version-check', 'install', '--no-deps', '--no-input', '--only-binary=:all:'];
  const offline = wheels === undefined ? [] : ['--no-index', '--find-links', wheels];
  for (const [at, lock] of locks.entries()) {
    const is_framework = at === 0;
    const what = is_framework ? `${TITLES[name]} (${source.build})` : 'transformers and what it needs';
    say(`[${at + 2}/${locks.length + 2}] ${what}`);
    // Hashes of another index than PyPI, or of a build in a folder, are not in the repository: pip checks the index's own.
    const hashes = lock === 'torch-index.txt' ? [] : ['--require-hashes'];
    const index =
      is_framework && wheels === undefined && source.index !== undefined ? ['--index-url', source.index] : [];
    await runStep([...pip, ...hashes, ...index, ...offline, '-r', join(LOCKS, lock)], onPipLine(say), process.env);
  }
  return python;
}

/** Of all that pip prints, what is being done. */
function onPipLine(say: (line: string) => void): (line: string) => void {
  return (line) => {
    if (/^\s*(Downloading|Installing|Downloaded|Installed|Prepared|Resolved|WARNING|ERROR)/.test(line))
      say(`      ${line.trim()}`);
  };
}

/** The versions that it really loads. */
async function probe(name: RunnerName, python: string): Promise<Record<string, string>> {
  const child = spawn(python, ['-m', 'benchwire_runner', 'probe', name], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONPATH: RUNNER_PACKAGE },
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  // Its third pipe is the protocol's; libraries print to the others.
  const [, stdout, stderr, pipe] = child.stdio as unknown as Readable[];
  stdout?.resume();
  const [said, printed] = await Promise.all([pipe, stderr].map((stream) => (stream === undefined ? '' : text(stream))));
  const how = await ended;
  try {
    return probed.parse(JSON.parse(said ?? '')).versions;
  } catch {
    const last = (printed ?? '').trim().split('\n').slice(-5).join('\n  ');
    throw new BenchwireError(
      'RUNNER_NOT_USABLE',
      `${TITLES[name]} was installed and does not load (${how}):\n  ${last}`,
    );
  }
}

async function writeWhole(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

async function removeOthers(home: string, venv: string): Promise<void> {
  for (const name of await readdir(home)) {
    const path = join(home, name);
    if (name.startsWith('venv-') && path !== venv) await rm(path, { recursive: true, force: true });
  }
}
