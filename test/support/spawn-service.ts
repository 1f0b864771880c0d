import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A service as a process of its own, as it runs in production. */
export interface SpawnedService {
  child: ChildProcess;
  /** What it has logged, parsed. */
  logs: Array<Record<string, unknown>>;
  /** The port of its health server, once it has logged that it is ready. */
  port(): number | undefined;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export function spawnService(name: string, env: Record<string, string>): SpawnedService {
  const main = join(import.meta.dirname, '../../services', name, 'src/main.ts');
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, LOG_FORMAT: 'json', LOG_LEVEL: 'debug', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const logs: Array<Record<string, unknown>> = [];
  if (child.stdout !== null) {
    createInterface(child.stdout).on('line', (line) => logs.push(JSON.parse(line) as Record<string, unknown>));
  }
  const exited = once(child, 'exit');
  return {
    child,
    logs,
    port: () => {
      const ready = logs.find((line) => line.msg === 'ready');
      return typeof ready?.port === 'number' ? ready.port : undefined;
    },
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}
