import { describe, expect, it } from 'vitest';
import { expand } from './expand.ts';
import { request } from './request.ts';
import { filesOutOfReach, type RequestFile } from './request-file.ts';

const SHA = 'a'.repeat(64);
const part = (name: string) => ({ name, sha256: SHA, size_bytes: 3 });
const file = (path: string, more: Partial<RequestFile> = {}): RequestFile => ({
  path,
  parts: [part('m.onnx')],
  ...more,
});

describe('files of a request', () => {
  it('go to the tasks that name them: as a model, as an input, by a matrix', () => {
    const expansion = expand(
      request.parse({
        matrix: { model: ['./a.onnx', 'b/b.onnx', 'silero-vad-v5'] },
        files: [file('./a.onnx'), file('b/b.onnx'), file('ids.npy')],
        tasks: [{ task_id: 'fed', config: { model: 'x', inputs: { ids: { file: 'ids.npy' }, mask: 1 } } }],
      }),
    );
    expect(expansion.ok && expansion.tasks.map(({ files }) => files?.map(({ path }) => path))).toEqual([
      ['./a.onnx', 'ids.npy'],
      ['b/b.onnx', 'ids.npy'],
      ['ids.npy'],
    ]);
  });

  it('are refused when one is listed twice, or is nowhere', () => {
    const expansion = expand(
      request.parse({
        files: [file('a.onnx'), file('a.onnx'), file('b.onnx', { only_local: true })],
        tasks: [{ task_id: 'a', config: { model: 'a.onnx' } }],
      }),
    );
    expect(expansion.ok ? [] : expansion.issues.map(({ path, code }) => [path, code])).toEqual([
      ['files[1].path', 'duplicate_file'],
      ['files[2].local', 'file_nowhere'],
    ]);
  });

  it.each(['../m.onnx', '/etc/passwd', 'a/../../m', 'a//b', './m', 'C:\\m.onnx', '..\\m', '', 'a\0b'])(
    'have no part named %j',
    (name) => {
      const parsed = request.safeParse({
        files: [{ path: 'm.onnx', parts: [part(name)] }],
        tasks: [{ task_id: 'a', config: { model: 'm.onnx' } }],
      });
      expect(parsed.success).toBe(false);
    },
  );

  it.each(['m.onnx', 'weights/layer.0.bin', 'onnx::MatMul_12', 'with blank.data'])(
    'may have a part named %j',
    (name) => {
      expect(
        request.safeParse({ files: [{ path: 'm', parts: [part(name)] }], tasks: [{ task_id: 'a', executor: 'noop' }] })
          .success,
      ).toBe(true);
    },
  );
});

describe('filesOutOfReach', () => {
  const local = { hostname: 'here', path: '/m.onnx' };
  it.each([
    ['no files', undefined, { hostname: 'there' }, null],
    ['one in the store', [file('m.onnx')], { hostname: 'there', fetches_files: true }, null],
    ['an old worker', [file('m.onnx', { local })], { hostname: 'there' }, 'the worker is too old to fetch m.onnx'],
    ['an old worker on the same machine', [file('m.onnx', { local })], { hostname: 'here' }, null],
    [
      'one that was not sent, elsewhere',
      [file('m.onnx', { local, only_local: true })],
      { hostname: 'there', fetches_files: true },
      'm.onnx is only on here',
    ],
    [
      'one that was not sent, there',
      [file('m.onnx', { local, only_local: true })],
      { hostname: 'here', fetches_files: true },
      null,
    ],
  ])('%s', (_, files, worker, expected) => {
    expect(filesOutOfReach(files, worker)).toBe(expected);
  });
});
