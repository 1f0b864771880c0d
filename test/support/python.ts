import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export type Python = { python: string; reason?: never } | { python?: never; reason: string };

/**
 * A virtual environment with what a requirements file asks for, or why there can be none on this machine: no python3, or
 * no package index that it reaches. Requirements that can't be met where there is one are a mistake of ours.
 * @throws Error with pip's words for such a mistake
 */
export function pythonWith(requirements: string, folder: string): Python {
  const reason = whyNoPython();
  if (reason !== undefined) return { reason };
  const venv = join(folder, 'venv');
  if (output('python3', ['-m', 'venv', venv]) === undefined) return { reason: 'python3 has no venv with pip' };
  const python = join(venv, 'bin/python');
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--quiet'];
  const install = spawnSync(python, [...pip, 'install', '--requirement', requirements], { encoding: 'utf8' });
  if (install.status === 0) return { python };
  // Whatever index pip is set up for has pip itself.
  const index = output(python, [...pip, 'download', '--no-deps', '--no-cache-dir', '--dest', folder, 'pip']);
  if (index === undefined) return { reason: 'pip reaches no package index' };
  throw new Error(`pip can't install ${requirements}:\n${install.stderr}`);
}

/** Why no virtual environment can be made here; undefined when one can. */
export function whyNoPython(): string | undefined {
  const [major, minor] =
    output('python3', ['-c', 'import sys; print(*sys.version_info[:2])'])?.split(' ').map(Number) ?? [];
  if (major !== 3 || minor === undefined) return 'python3 is not installed';
  if (minor < 10) return `python3 is 3.${minor}, and 3.10 or newer is needed`;
  // Debian keeps what makes virtual environments in a package of its own.
  return output('python3', ['-c', 'import ensurepip, venv']) === undefined ? 'python3 has no venv with pip' : undefined;
}

function output(program: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
