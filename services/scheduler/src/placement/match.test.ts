import { expand } from '@benchwire/shared/contracts/expand.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { describe, expect, it } from 'vitest';
import { aDevice } from '../testing.ts';
import { mismatch, needSignature } from './match.ts';

function task(over: Record<string, unknown>): Task {
  const expansion = expand(request.parse({ tasks: [{ task_id: 't', executor: 'noop', ...over }] }));
  if (!expansion.ok || expansion.tasks[0] === undefined) throw new Error(JSON.stringify(expansion));
  return expansion.tasks[0];
}

describe('mismatch', () => {
  it.each([
    ['no requirement', {}, {}, undefined],
    ['its class', { requirements: { hardware: ['cuda', 'cpu'] } }, {}, undefined],
    ['another class', { requirements: { hardware: ['cuda'] } }, {}, /needs cuda, has cpu/],
    ['enough memory', { requirements: { min_memory_gb: 16 } }, {}, undefined],
    ['too little memory', { requirements: { min_memory_gb: 17 } }, {}, /needs 17 GB of memory, has 16/],
    ['unknown memory', { requirements: { min_memory_gb: 1 } }, { memory_gb: null }, /unknown amount/],
    [
      "its machine's memory",
      { requirements: { min_memory_gb: 16 } },
      { class: 'webgpu' as const, memory_gb: null, environment: { memory_gb: 16 } },
      undefined,
    ],
    [
      "not its machine's memory",
      { requirements: { min_memory_gb: 16 } },
      { class: 'cuda' as const, memory_gb: null, environment: { memory_gb: 16 } },
      /unknown amount/,
    ],
    [
      'instruction sets',
      { requirements: { instruction_sets: ['avx2', 'fma'] } },
      { instruction_sets: ['avx', 'avx2', 'fma'] },
      undefined,
    ],
    [
      'too few instruction sets',
      { requirements: { instruction_sets: ['avx2', 'avx512'] } },
      { instruction_sets: ['avx', 'avx2'] },
      /needs avx512, which/,
    ],
    [
      'unknown instruction sets',
      { requirements: { instruction_sets: ['avx2'] } },
      {},
      /needs avx2, and the instruction sets of its processor are unknown/,
    ],
    ['capability', { requirements: { min_cuda_compute: 7.5 } }, { cuda_compute: 9 }, undefined],
    ['no capability', { requirements: { min_cuda_compute: 7.5 } }, {}, /capability 7.5, has none/],
    ['a label', { requirements: { labels: { site: 'a' } } }, { labels: { site: 'a', x: 'y' } }, undefined],
    [
      'another label',
      { requirements: { labels: { site: 'a' } } },
      { labels: { site: 'b' } },
      /needs label site=a, has site=b/,
    ],
    ['no executor', { executor: 'command', config: { command: ['x'] } }, {}, /no command executor/],
    [
      'a program',
      { executor: 'command', config: { command: ['x'] } },
      { executors: ['command'], commands: ['x'] },
      undefined,
    ],
    [
      'any program',
      { executor: 'command', config: { command: ['x'] } },
      { executors: ['command'], commands: ['*'] },
      undefined,
    ],
    [
      'a forbidden program',
      { executor: 'command', config: { command: ['rm'] } },
      { executors: ['command'], commands: ['x'] },
      /"rm"/,
    ],
    [
      'a variable that is allowed',
      { executor: 'command', config: { command: ['x'], env: { MY_KEY: '1', SEED: '2' } } },
      { executors: ['command'], commands: ['x'], command_env: ['MY_*', 'SEED'] },
      undefined,
    ],
    [
      'a variable that is not',
      { executor: 'command', config: { command: ['x'], env: { MY_KEY: '1', YOURS: '2' } } },
      { executors: ['command'], commands: ['x'], command_env: ['MY_*'] },
      /do not let a task set YOURS: .*WORKER_COMMAND_ENV_ALLOW=default,YOURS/,
    ],
    [
      'a variable where a worker does not say what it allows',
      { executor: 'command', config: { command: ['x'], env: { YOURS: '2' } } },
      { executors: ['command'], commands: ['x'] },
      undefined,
    ],
    [
      'a variable that no worker ever lets a task set: refused there, at once',
      { executor: 'command', config: { command: ['x'], env: { HOME: '/' } } },
      { executors: ['command'], commands: ['x'], command_env: ['SEED'] },
      undefined,
    ],
  ])('%s', (_name, need, offer, expected) => {
    const reason = mismatch(task(need), aDevice(offer));
    if (expected === undefined) expect(reason).toBeUndefined();
    else expect(reason).toMatch(expected);
  });

  it('gives tasks with equal needs one signature', () => {
    expect(needSignature(task({ priority: 1 }))).toBe(needSignature(task({ priority: 7, config: { sleep_ms: 3 } })));
    expect(needSignature(task({}))).not.toBe(needSignature(task({ requirements: { min_memory_gb: 2 } })));
    const command = (env: Record<string, string>) =>
      needSignature(task({ executor: 'command', config: { command: ['x'], env } }));
    expect(command({ A: '1', B: '2' })).toBe(command({ B: '3', A: '4' }));
    expect(command({ A: '1' })).not.toBe(command({ B: '1' }));
  });
});

describe('files of a task', () => {
  const part = { name: 'm.onnx', sha256: 'a'.repeat(64), size_bytes: 3 };
  const local = { hostname: 'lab-1', path: '/data/m.onnx' };
  const needing = (file: Record<string, unknown>): Task => {
    const files = [{ path: 'm.onnx', parts: [part], ...file }];
    const tasks = [{ task_id: 't', executor: 'onnx', config: { model: 'm.onnx' } }];
    const expansion = expand(request.parse({ files, tasks }));
    if (!expansion.ok || expansion.tasks[0] === undefined) throw new Error(JSON.stringify(expansion));
    return expansion.tasks[0];
  };
  const there = { hostname: 'lab-1' };
  const fetching = { hostname: 'lab-2', fetches_files: true };
  const old = { hostname: 'lab-3' };

  it.each([
    ['sent, and fetched', {}, [fetching], undefined],
    ['sent, to an old worker of another machine', { local }, [old], /too old to fetch m\.onnx/],
    ['not sent, on its own machine', { local, only_local: true }, [there], undefined],
    ['not sent, on others', { local, only_local: true }, [fetching, old], /m\.onnx is only on lab-1/],
    ['not sent, on one of several', { local, only_local: true }, [fetching, there], undefined],
    ['not sent, where nobody knows', { local, only_local: true }, undefined, undefined],
  ])('%s', (_title, file, reach, reason) => {
    const found = mismatch(needing(file), { ...aDevice(), ...(reach === undefined ? {} : { reach }) });
    if (reason === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(reason);
  });

  it('are part of what makes tasks alike', () => {
    const signatures = [{}, { local }, { local, only_local: true }, { local: { ...local, hostname: 'lab-2' } }];
    expect(new Set(signatures.map((file) => needSignature(needing(file)))).size).toBe(4);
  });
});
