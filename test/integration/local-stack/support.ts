import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processIdentity } from '@benchwire/deploy/local/process-identity.ts';
import { type LocalStack, type LogLine, type StackOptions, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import { onTestFinished, vi } from 'vitest';

const fakeService = join(import.meta.dirname, 'fake-service.ts');

export function temporaryDataDir(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'benchwire-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}

/** Servers that the machine running the tests may name must not replace the ones under test. */
export const noExternalServers = {
  NATS_URL: undefined,
  REDIS_URL: undefined,
  CLICKHOUSE_URL: undefined,
  KAFKA_BROKERS: undefined,
};

/** A stack of fake services, stopped after the test. */
export async function fakeStack(options: Partial<StackOptions> = {}): Promise<{ stack: LocalStack; logs: LogLine[] }> {
  const logs: LogLine[] = [];
  const stack = await startLocalStack({
    dataDir: temporaryDataDir(),
    services: ['fake'],
    scripts: { fake: fakeService },
    onLog: (line) => logs.push(line),
    ...options,
    env: { ...noExternalServers, ...options.env },
  });
  onTestFinished(() => stack.stop());
  return { stack, logs };
}

export const portOf = (url: string | undefined): number => Number(new URL(url ?? '').port);

export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Remains that nobody has collected yet don't run. */
export const isRunning = (pid: number): boolean => processIdentity(pid) !== undefined;

export const waitFor = <T>(condition: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(condition, { timeout: 20_000, interval: 50 });
