import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { childEnvironment } from './child-environment.ts';

const worker = fileURLToPath(new URL('../../../test-support/measure-for-ever.ts', import.meta.url));
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

// Only Linux tells a process's children without tools.
test.runIf(process.platform === 'linux')('a worker that is killed leaves no measuring process behind', async () => {
  const process_ = spawn(process.execPath, [worker], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(createInterface({ input: process_.stdout }), 'line');
  const children = await readFile(`/proc/${process_.pid}/task/${process_.pid}/children`, 'utf8');
  const [measuring] = children.trim().split(' ').map(Number);
  if (!measuring) throw new Error('nothing measures');
  expect(isAlive(measuring)).toBe(true);
  process_.kill('SIGKILL');
  await vi.waitFor(() => expect(isAlive(measuring)).toBe(false), { timeout: 10_000 });
});

test('the measuring process gets no secrets, and sees its own device only', () => {
  const own = {
    PATH: '/bin',
    NATS_TOKEN: 'x',
    REDIS_PASSWORD: 'x',
    NODE_OPTIONS: '--inspect',
    CUDA_VISIBLE_DEVICES: '0,1',
  };
  expect(childEnvironment(own, { class: 'cpu', environment: {} })).toEqual({
    ORT_DISABLE_TELEMETRY: '1',
    PATH: '/bin',
    CUDA_VISIBLE_DEVICES: '0,1',
  });
  const gpu = { gpu_uuid: 'GPU-1', gpu_index: 1 };
  expect(childEnvironment(own, { class: 'cuda', environment: gpu })).toMatchObject({ CUDA_VISIBLE_DEVICES: 'GPU-1' });
  expect(childEnvironment(own, { class: 'rocm', environment: gpu })).toMatchObject({ ROCR_VISIBLE_DEVICES: '1' });
});
