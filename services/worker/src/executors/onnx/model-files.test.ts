import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaskFailure } from '@benchwire/shared/model/errors.ts';
import { externalFiles } from '@benchwire/shared/model/external-files.ts';
import { FileHashes } from '@benchwire/shared/model/file-hashes.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { onnxContext } from '../../../test-support/onnx-context.ts';
import {
  attribute,
  externalModel,
  externalTensor,
  modelFunction,
  onnxModel,
} from '../../../test-support/onnx-model.ts';
import { resolveModel } from './model-source.ts';
import { createOnnxExecutor } from './onnx-executor.ts';

const never = new AbortController().signal;
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const weights = (value: number): Buffer => Buffer.from(new Float32Array(16).fill(value).buffer);
let folder = '';
let models = '';
const hashes = new FileHashes();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'model-files-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  models = await mkdtemp(join(folder, 'models-'));
});

const options = () => ({
  model_folders: [models],
  cache_folder: { path: join(folder, 'cache'), is_default: false },
  fetch,
  max_download_bytes: 1000,
  hashes,
});
const find = (model: string, expected?: string) => resolveModel(model, expected, options(), never);
async function errorOf(model: string, expected?: string): Promise<string> {
  const error = await find(model, expected).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof TaskFailure) return `${error.task_error.code}: ${error.task_error.message}`;
  throw error ?? new Error(`${model} was found`);
}
async function save(files: Record<string, Buffer | string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(models, name, '..'), { recursive: true });
    await writeFile(join(models, name), content);
  }
}
async function measure(model: string) {
  const executor = createOnnxExecutor({ ...options(), hang_seconds: 60, max_memory_mb: null, env: process.env });
  return await executor.execute(onnxContext({ model, iterations: 3 }));
}

describe('a model of several files', () => {
  test('has the hash that sha256sum has for all of them, and is measured', async () => {
    const graph = externalModel(4, 'deep/w.bin');
    await save({ 'm.onnx': graph, 'deep/w.bin': weights(1) });
    const lines = `${sha256(graph)}  m.onnx\n${sha256(weights(1))}  deep/w.bin\n`;
    const found = await find('m.onnx', sha256(lines));
    expect(found).toMatchObject({ sha256: sha256(lines), size_bytes: graph.length + 64 });
    expect(found.files).toEqual([join(models, 'm.onnx'), join(models, 'deep/w.bin')]);
    const report = await measure('./m.onnx');
    expect(report).toMatchObject({ error: null, environment: { model_sha256: sha256(lines), model_files: 2 } });
  });

  test('has another hash when only its weights change, also with their size and times as before', async () => {
    await save({ 'm.onnx': externalModel(4, 'w.bin'), 'w.bin': weights(1) });
    const file = join(models, 'w.bin');
    const { atime, mtime } = await stat(file);
    const before = (await find('m.onnx')).sha256;
    await writeFile(file, weights(2));
    await utimes(file, atime, mtime);
    const after = (await find('m.onnx')).sha256;
    expect(after).not.toBe(before);
    await writeFile(join(models, 'other'), weights(3));
    await utimes(join(models, 'other'), atime, mtime);
    await rename(join(models, 'other'), file);
    expect(new Set([before, after, (await find('m.onnx')).sha256]).size).toBe(3);
  });

  test('is found behind links, as in a cache of Hugging Face', async () => {
    await save({ 'blobs/aa': externalModel(4, 'm.onnx_data'), 'blobs/bb': weights(1) });
    await mkdir(join(models, 'snapshots/r1'), { recursive: true });
    await symlink('../../blobs/aa', join(models, 'snapshots/r1/m.onnx'));
    await symlink('../../blobs/bb', join(models, 'snapshots/r1/m.onnx_data'));
    expect((await measure('snapshots/r1/m.onnx')).error).toBeNull();
  });

  test('is not skipped as fresh, nor resumed, by the graph’s hash', async () => {
    const graph = externalModel(4, 'w.bin');
    await save({ 'm.onnx': graph, 'w.bin': weights(1) });
    expect(await errorOf('m.onnx', sha256(graph))).toMatch(/HASH_MISMATCH: .*That is the graph alone.*all 2 files/);
  });

  test.each<[string, string, Record<string, string>, RegExp]>([
    ['a file that is not there', 'w.bin', {}, /MODEL_FILE_MISSING: m\.onnx keeps weights in "w\.bin"/],
    ['a file above the folder', '../w.bin', {}, /MODEL_FILE_OUTSIDE: .*"\.\.\/w\.bin"/],
    ['a file above the folder, in the middle', 'a/../../w.bin', {}, /MODEL_FILE_OUTSIDE/],
    ['an absolute path', '/etc/hostname', {}, /MODEL_FILE_OUTSIDE/],
    ['a path of Windows', 'C:\\w.bin', {}, /MODEL_FILE_OUTSIDE/],
    ['an address in memory', '*/_ORT_MEM_ADDR_/*', {}, /MODEL_FILE_MISSING/],
    ['no path', '', {}, /MODEL_FILE_OUTSIDE/],
    ['a link out', 'out.bin', {}, /MODEL_FILE_OUTSIDE: .*link out/],
    ['a folder', 'folder', {}, /MODEL_FILE_MISSING: .*not a file/],
    [
      'a file that is too short',
      'short.bin',
      { offset: '32', length: '64' },
      /CUT_OFF: .*"short\.bin".*64 bytes, and 96/,
    ],
    [
      'a file that is too short for the shape, where no length is said',
      'half.bin',
      {},
      /CUT_OFF: .*"half\.bin".*40 bytes, and 64/,
    ],
    ['a pointer of Git LFS', 'lfs.bin', {}, /WRONG_FILE: .*"lfs\.bin", which is a Git LFS pointer.*git lfs pull/],
  ])('is refused with %s', async (_, location, more, expected) => {
    await save({
      'm.onnx': externalModel(4, location, more),
      'short.bin': weights(1),
      'half.bin': weights(1).subarray(0, 40),
      'lfs.bin': 'version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 64\n',
      'folder/x': '',
    });
    await writeFile(join(folder, 'secret.bin'), weights(1));
    await symlink('../secret.bin', join(models, 'out.bin'));
    expect(await errorOf('m.onnx')).toMatch(expected);
  });

  test('is refused with weights in a folder that is kept from requests', async () => {
    await save({ 'm.onnx': externalModel(4, 'data/secret'), 'data/secret': weights(1) });
    const hidden = { ...options(), hidden_folders: [join(models, 'data')] };
    await expect(resolveModel('m.onnx', undefined, hidden, never)).rejects.toThrow(/"data\/secret", which/);
  });

  test('names them anywhere: in subgraphs, attributes, sparse tensors, functions and contexts', async () => {
    const tensor = (location: string): Buffer => externalTensor(location, [1], location);
    const constant = (location: string) => ({
      op: 'Constant',
      inputs: [],
      outputs: [location],
      attributes: [attribute.tensor('value', tensor(location))],
    });
    const branch = (location: string, inner = `in-${location}`) => ({
      inputs: [],
      outputs: [],
      nodes: [constant(inner)],
      tensors: [tensor(location)],
    });
    const context = (embed_mode: number, cache: string) => ({
      op: 'EPContext',
      domain: 'com.microsoft',
      inputs: [],
      outputs: [],
      attributes: [attribute.int('embed_mode', embed_mode), attribute.text('ep_cache_context', cache)],
    });
    const graph = {
      inputs: [],
      outputs: [],
      nodes: [
        constant('attribute'),
        { op: 'If', inputs: ['c'], outputs: [], attributes: [attribute.graph('then_branch', branch('then'))] },
        { op: 'Constant', inputs: [], outputs: [], attributes: [attribute.sparse('sparse_value', tensor('sparse'))] },
        context(0, 'context.bin'),
        context(1, 'not a path'),
      ],
      tensors: [tensor('plain'), tensor('./plain'), tensor('plain')],
    };
    await save({ 'm.onnx': onnxModel(graph, [modelFunction([constant('function')])]) });
    const names = (await externalFiles(join(models, 'm.onnx'))).map(({ location }) => location);
    expect(names).toEqual(['./plain', 'attribute', 'context.bin', 'function', 'in-then', 'plain', 'sparse', 'then']);
  });
});

describe('hashes', () => {
  test('are remembered for files that have not changed for a while', async () => {
    await save({ a: 'content' });
    const remembering = new FileHashes();
    const path = join(models, 'a');
    expect(await remembering.sha256(path, never)).toBe(sha256('content'));
    await writeFile(path, 'CONTENT');
    expect(await remembering.sha256(path, never)).toBe(sha256('CONTENT'));
    await chmod(path, 0o600);
    expect(await remembering.sha256(path, never)).toBe(sha256('CONTENT'));
  });
});
