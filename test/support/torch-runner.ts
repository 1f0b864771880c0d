import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { installedRunner, RUNNER_NAMES, type RunnerName } from '@benchwire/shared/contracts/runner.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { RUNNER_PACKAGE } from '@benchwire/shared/runtime/runners-folder.ts';
import { cacheFolder } from './cache.ts';
import { mustRun } from './run-program.ts';

const LOCKS = join(RUNNER_PACKAGE, 'locks');
const STUBS = join(import.meta.dirname, 'torch');
const CPU_INDEX = 'https://download.pytorch.org/whl/cpu';
/** How long one try to download and install may take. */
const TRY_MS = 8 * 60_000;
const TRIES = 3;

export interface TorchRunner {
  /** For WORKER_RUNNERS_DIR. */
  runners_folder: string;
  /** Of the environment of that name. */
  python: Readonly<Record<RunnerName, string>>;
}

/** The environments of runners for tests, with pytest in them; undefined where `npm test -- --all` has not installed it. */
export function torchRunner(): TorchRunner | undefined {
  const { runners_folder, whole } = places();
  if (!existsSync(whole)) return undefined;
  const pythons = RUNNER_NAMES.map((name) => [name, pythonOf(runners_folder, name)]);
  return { runners_folder, python: Object.fromEntries(pythons) };
}

function pythonOf(runners_folder: string, name: RunnerName): string {
  const facts = readFileSync(join(runners_folder, name, 'environment.json'), 'utf8');
  return installedRunner.parse(JSON.parse(facts)).python;
}

export function whyNoTorch(): string | undefined {
  return torchRunner() === undefined
    ? 'PyTorch is not installed for tests: `npm test -- --all` installs it'
    : undefined;
}

/** The stubs that replace NVIDIA's libraries are compiled. */
export function whyNoCompiler(): string | undefined {
  const missing = ['gcc', 'readelf'].filter((program) => spawnSync(program, ['--version']).error !== undefined);
  return missing.length === 0 ? undefined : `${missing.join(' and ')}: not installed`;
}

/**
 * Installs PyTorch and OpenVINO for tests by `bw runner install`, some 750 MB. Of PyTorch the build for CPUs from PyTorch's own index where that can be
 * reached; else PyPI's wheel, from a folder, with stubs in the place of NVIDIA's libraries.
 * @throws Error with the last words of what failed, when it failed repeatedly
 */
export async function installTorchRunner(say: (line: string) => void): Promise<void> {
  const { folder, runners_folder, whole } = places();
  for (const other of globSync(join(cacheFolder('test-tools'), 'torch-*')))
    if (other !== folder) rmSync(other, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (let number = 1; ; number++) {
    try {
      await install(folder, runners_folder, say);
      break;
    } catch (error) {
      if (number === TRIES)
        throw new Error(`PyTorch could not be installed, tried ${TRIES} times: ${messageOf(error)}`);
      say(`PyTorch could not be installed, trying again: ${messageOf(error)}`);
    }
  }
  rmSync(join(folder, 'wheels'), { recursive: true, force: true });
  writeFileSync(whole, '');
}

async function install(folder: string, runners_folder: string, say: (line: string) => void): Promise<void> {
  const arguments_ = ['runner', 'install', 'torch', '--build', 'cpu'];
  if (process.platform === 'linux' && !(await answers(CPU_INDEX))) {
    say(`${CPU_INDEX} cannot be reached: downloading PyTorch from PyPI`);
    const wheels = join(folder, 'wheels');
    mkdirSync(wheels, { recursive: true });
    await mustRun(['python3', join(STUBS, 'torch-wheels.py'), LOCKS, wheels], { timeout_ms: TRY_MS });
    arguments_.push('--wheels', wheels);
    // The wheels are for this Python.
    arguments_.push('--python', 'python3');
  }
  for (const command of [arguments_, ['runner', 'install', 'openvino', '--python', 'python3']])
    await mustRun([process.execPath, join(repositoryRoot, 'cli/src/main.ts'), ...command], {
      env: { WORKER_RUNNERS_DIR: runners_folder },
      timeout_ms: TRY_MS,
      onLine: say,
    });
  const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', '--quiet', '--no-deps', '--no-input'];
  const dev = ['--require-hashes', '--requirement', join(LOCKS, 'dev.txt')];
  for (const name of RUNNER_NAMES)
    await mustRun([pythonOf(runners_folder, name), ...pip, ...dev], { timeout_ms: TRY_MS });
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/`, { method: 'HEAD', signal: AbortSignal.timeout(15_000) })).ok;
  } catch {
    return false;
  }
}

/** Other lock files or stubs are another environment. */
function places(): { folder: string; runners_folder: string; whole: string } {
  const hash = createHash('sha256');
  for (const file of globSync(join(LOCKS, '{torch,torch-index,openvino,dev}.txt')).sort())
    hash.update(readFileSync(file));
  for (const file of globSync(join(STUBS, '*.py')).sort()) hash.update(readFileSync(file));
  const folder = cacheFolder('test-tools', `torch-${hash.digest('hex').slice(0, 12)}`);
  return { folder, runners_folder: join(folder, 'runners'), whole: join(folder, 'whole') };
}
