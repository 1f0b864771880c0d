import { expect, onTestFinished, test } from 'vitest';
import type { Launch } from './child.ts';
import { canListen, freePort } from './free-port.ts';
import { processIdentity } from './process-identity.ts';
import { SupervisedProcess } from './supervised-process.ts';

/** A process that runs a line of shell, ready as soon as it runs. */
function shell(script: string | (() => string), probe: () => Promise<void> = async () => {}) {
  const said: string[] = [];
  const lines: string[] = [];
  const launch = async (): Promise<Launch> => ({
    command: 'sh',
    args: ['-c', typeof script === 'string' ? script : script()],
    env: process.env,
    output: { to: 'lines', onLine: (line) => lines.push(line) },
  });
  const supervised = new SupervisedProcess(
    { name: 'it', launch, probe },
    { say: (text) => said.push(text), onChange: () => {} },
    () => 0.1,
  );
  onTestFinished(() => supervised.stop());
  supervised.start();
  return { supervised, said, lines };
}

const never = async (): Promise<void> => {
  throw new Error('not yet');
};

test('stops with SIGTERM', async () => {
  const { supervised } = shell('exec sleep 100');
  await supervised.waitReady();
  await supervised.stop();
  expect([supervised.state, supervised.pid, supervised.restarts]).toEqual(['stopped', undefined, 0]);
  await expect(supervised.waitReady()).rejects.toThrow('it is stopped');
});

test('kills what does not stop in time, and what that had started', async () => {
  const { supervised, said, lines } = shell('trap "" TERM; sleep 100 & echo $!; wait; sleep 100');
  await expect.poll(() => lines.length).toBe(1);
  await supervised.stop(200);
  expect(said).toEqual(['it did not stop within 0.2 s; killing it.']);
  await expect.poll(() => processIdentity(Number(lines[0]))).toBeUndefined();
});

test('a stop during the pause after a crash does not wait for it', async () => {
  const { supervised } = shell('exit 1', never);
  await expect.poll(() => supervised.state).toBe('waiting');
  await supervised.stop();
  expect(supervised.state).toBe('stopped');
});

test('gives up on a start that keeps failing, with exit code and last lines', async () => {
  const { supervised, said } = shell('echo no such host >&2; exit 5', never);
  await expect(supervised.waitReady()).rejects.toThrow(
    'it does not start. It ended with exit code 5. Its last lines:\n    no such host',
  );
  expect(said).toHaveLength(3);
  expect(supervised.state).toBe('failed');
});

test('a program that does not exist is told at once', async () => {
  const launch = async (): Promise<Launch> => ({
    command: '/no/such/program',
    args: [],
    env: {},
    output: { to: 'lines', onLine: () => {} },
  });
  const supervised = new SupervisedProcess({ name: 'it', launch, probe: never }, { say: () => {}, onChange: () => {} });
  supervised.start();
  await expect(supervised.waitReady()).rejects.toThrow('ENOENT');
});

test('says why it is not ready when the time is up', async () => {
  const { supervised } = shell('echo loading; exec sleep 100', never);
  await expect(supervised.waitReady(300)).rejects.toThrow(
    'it was not ready within 0.3 s: not yet. Its last lines:\n    loading',
  );
});

test('once it was ready it is never given up', async () => {
  let starts = 0;
  const { supervised } = shell(
    () => (++starts % 5 === 1 ? 'exec sleep 100' : 'exit 1'),
    async () => {
      if (starts % 5 !== 1) throw new Error('not yet');
    },
  );
  await supervised.waitReady();
  await supervised.kill('SIGKILL');
  await supervised.waitReady();
  expect(supervised.restarts).toBe(5);
});

test('free ports are free, differ, and lie below the ephemeral range', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
  expect(new Set(ports).size).toBe(20);
  expect(Math.max(...ports)).toBeLessThan(32_768);
  expect(await canListen(Number(ports[0]))).toBe(true);
});
