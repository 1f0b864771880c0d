import { expect, it } from 'vitest';
import type { WorkerNow } from '../contracts/api/fleet.ts';
import { hardwareNames } from './hardware-names.ts';

const worker = (
  pool: string,
  fingerprint: string,
  name: string,
  labels: Record<string, string> = {},
  state = 'ready',
) => ({ state, capabilities: { devices: [{ pool, fingerprint, name, labels }] } }) as unknown as WorkerNow;

it('a name that somebody gave wins, and a note alone changes no name', () => {
  const names = hardwareNames(
    [worker('cpu-aaaa1', 'f1', 'AMD EPYC'), worker('cpu-bbbb1', 'f2', 'Xeon')],
    [
      { kind: 'pool', id: 'cpu-aaaa1', name: 'The old one', note: 'in the cellar' },
      { kind: 'pool', id: 'cpu-bbbb1', name: '', note: 'noisy' },
      { kind: 'worker', id: 'cpu-aaaa1', name: 'Bertha', note: '' },
    ],
  );
  expect([names.pool('cpu-aaaa1'), names.pool('cpu-bbbb1'), names.worker('cpu-aaaa1'), names.worker('w2')]).toEqual([
    'The old one',
    'Xeon',
    'Bertha',
    'w2',
  ]);
  expect([names.noteOf('pool', 'cpu-bbbb1'), names.noteOf('worker', 'w2')]).toEqual(['noisy', '']);
});

it('calls a pool by its device and its labels, a fingerprint by its device, and tells apart what would be called alike', () => {
  const names = hardwareNames([
    worker('cpu-aaaa1', 'f1f1f1', 'AMD EPYC 9R14, 2 cores', { site: 'lab-2', rack: 'r7' }),
    worker('cpu-cccc1', 'f1f1f1', 'AMD EPYC 9R14, 2 cores'),
    worker('cuda-1111aa', '1111aa', 'NVIDIA H200'),
    worker('cuda-2222bb', '2222bb', 'NVIDIA H200'),
    worker('cpu-bbbb1', 'bbbb1', 'renamed'),
    worker('cpu-bbbb1', 'bbbb1', 'before', {}, 'left'),
    { state: 'lost', capabilities: null } as WorkerNow,
  ]);
  expect(['cpu-aaaa1', 'cpu-cccc1', 'cuda-1111aa', 'cuda-2222bb', 'cpu-bbbb1', 'gone'].map(names.pool)).toEqual([
    'AMD EPYC 9R14 · 2 cores · r7 · lab-2',
    'AMD EPYC 9R14 · 2 cores',
    'NVIDIA H200 · 1111',
    'NVIDIA H200 · 2222',
    'renamed',
    'gone',
  ]);
  expect(['f1f1f1', '1111aa', 'bbbb1', 'gone'].map(names.fingerprint)).toEqual([
    'AMD EPYC 9R14 · 2 cores',
    'NVIDIA H200 · 1111',
    'renamed',
    'gone',
  ]);
});
