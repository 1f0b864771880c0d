import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { kindOf } from '@benchwire/shared/model/file-kind.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addModel } from '../../../test-support/onnx-model.ts';
import { resolveModel } from './model-source.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-kind-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function told(model: string): Promise<string> {
  const options = {
    model_folders: [folder],
    cache_folder: { path: folder, is_default: false },
    fetch,
    max_download_bytes: 1,
  };
  const found = resolveModel(model, undefined, options, new AbortController().signal);
  return await found.then(
    () => 'found',
    (error: unknown) => String(error),
  );
}
async function toldOf(content: Buffer | string, name = 'x.onnx'): Promise<string> {
  await writeFile(join(folder, name), content);
  return await told(`./${name}`);
}

const zip = (...names: string[]): Buffer =>
  Buffer.concat(
    names.map((name) => Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(26), Buffer.from(name)])),
  );
const safetensors = (): Buffer => {
  const header = Buffer.from('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(4)]);
};
const bytes = (...values: number[]): Buffer => Buffer.concat([Buffer.from(values), Buffer.alloc(64, 1)]);
const text16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<html><body>no</body></html>', 'utf16le')]);

describe('a wrong file is told by its first bytes', () => {
  test.each<[string, Buffer | string, RegExp]>([
    [
      'a Git LFS pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 48605698\n',
      /Git LFS pointer.*git lfs pull/,
    ],
    ['a web page', '<!DOCTYPE html><html><head>', /a web page: download the file itself/],
    ['a web page behind a line break', '\n  <HTML lang="en">', /a web page/],
    ['a web page in UTF-16', text16, /a web page/],
    ['nothing', '', /an empty file/],
    ['zeros', Buffer.alloc(4096), /a file of zeros/],
    ['a zip archive', zip('readme.txt'), /a zip archive: unpack it/],
    ['a zip archive with a model', zip('a/model.onnx'), /a zip archive with an ONNX model/],
    ['PyTorch', zip('archive/data.pkl', 'archive/version'), /a PyTorch file: export it.*torch\.onnx\.export/],
    ['Keras', zip('metadata.json', 'config.json', 'model.weights.h5'), /a Keras model/],
    ['NumPy arrays', zip('a.npy'), /\.npz/],
    ['an old PyTorch file', bytes(0x80, 0x02, 0x8a, 0x0a), /a Python pickle/],
    ['a new pickle', bytes(0x80, 0x05, 0x95), /a Python pickle/],
    ['gzip', gzipSync('model'), /a gzip archive/],
    ['safetensors', safetensors(), /a safetensors file.*export it/],
    ['GGUF', bytes(0x47, 0x47, 0x55, 0x46, 3), /GGUF.*llama-bench/],
    ['TensorFlow Lite', bytes(0x1c, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33), /a TensorFlow Lite model/],
    ['TensorRT', bytes(0x66, 0x74, 0x72, 0x74), /a TensorRT engine/],
    ['HDF5', bytes(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a), /HDF5/],
    ['OpenVINO', '<?xml version="1.0"?>\n<net name="m" version="11">', /an OpenVINO model/],
    ['an error in XML', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', /XML text.*error answer/],
    ['JSON', '{"error":"Repository not found"}', /a JSON text/],
    ['a text', 'Entry not found', /a text: download the file itself/],
    ['a model as text', 'ir_version: 8\nproducer_name: "x"\ngraph {\n}\n', /protobuf in its text form/],
    ['a DVC pointer', 'outs:\n- md5: aa\n  path: m.onnx\n', /dvc pull/],
    ['a picture', bytes(0x89, 0x50, 0x4e, 0x47), /a PNG/],
    ['an array', bytes(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59), /NumPy array.*config\.inputs/],
    ['a model that is cut off', addModel([1, 3]).subarray(0, 40), /MODEL_CUT_OFF|is cut off: it has 40 bytes/],
    ['bytes', Buffer.from([0xff, 0x01, 0x07, 0x03, 0xee, 0x00]), /another kind of file that Benchwire knows/],
    ['a Core ML model', Buffer.from([8, 6, 0x12, 2, 8, 1, 0xa2, 0x1f, 1, 0]), /not an ONNX model/],
  ])('%s', async (_, content, expected) => {
    expect(await toldOf(content)).toMatch(expected);
  });

  test('also under another name', async () => {
    expect(await toldOf(safetensors(), 'model.safetensors')).toMatch(/a safetensors file/);
    expect(await told('model.safetensors')).toMatch(/a safetensors file/);
  });

  test.each([
    ['saved_model.pb', /a TensorFlow SavedModel/],
    ['config.json', /a Hugging Face model without an ONNX file/],
    ['deep.onnx', /name the file in it: deep\.onnx/],
    ['else.txt', /is a folder, not a file: name the \.onnx file/],
  ])('or a folder with %s by what is in it', async (name, expected) => {
    const path = await mkdtemp(join(folder, 'dir-'));
    await mkdir(path, { recursive: true });
    await writeFile(join(path, name), 'x');
    expect(await told(path)).toMatch(expected);
  });

  test('and a model is none of them', () => {
    for (const model of [addModel([1]), addModel(['batch', 3], 'int64')])
      expect(kindOf(model, model.length)).toBeUndefined();
  });
});
