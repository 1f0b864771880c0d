import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { promisify } from 'node:util';
import type { BuildMachine } from './builds.ts';

const run = promisify(execFile);

/** What of this machine decides which build of a library fits it. */
export async function thisMachine(): Promise<BuildMachine> {
  const gpus = await run('nvidia-smi', ['--list-gpus'], { timeout: 10_000 }).catch(() => undefined);
  return {
    platform: platform(),
    arch: arch(),
    has_nvidia_gpu: gpus !== undefined && /^GPU \d+:/m.test(gpus.stdout),
    // The kernel driver's; the libraries come with the build.
    rocm_version: existsSync('/dev/kfd') ? await rocmVersion() : undefined,
  };
}

async function rocmVersion(): Promise<string | null> {
  const text = await readFile('/opt/rocm/.info/version', 'utf8').catch(() => '');
  return /^(\d+\.\d+)/.exec(text)?.[1] ?? null;
}
