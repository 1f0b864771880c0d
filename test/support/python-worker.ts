import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { vi } from 'vitest';

export const PYTHON_WORKER = join(repositoryRoot, 'examples/python-worker');

export interface PythonWorker {
  child: ChildProcess;
  pool: string;
  /** Its exit code. */
  ended: Promise<number | null>;
  output(): string;
}

/** Starts examples/python-worker and waits until it takes jobs. `env` is a stack's. */
export async function startPythonWorker(
  python: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<PythonWorker> {
  const { NATS_URL = '', NATS_USER = '', NATS_PASSWORD = '' } = env;
  const child = spawn(python, [join(PYTHON_WORKER, 'worker.py'), '--join', NATS_URL, ...args], {
    env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: '1', NATS_USER, NATS_PASSWORD },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const pool = await vi.waitFor(
    () => {
      const joined = /has joined pool (\S+)/.exec(text)?.[1];
      if (joined === undefined) throw new Error(`the Python worker has not joined:\n${text}`);
      return joined;
    },
    { timeout: 20_000, interval: 50 },
  );
  return { child, pool, ended, output: () => text };
}
