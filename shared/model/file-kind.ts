import { open, readdir } from 'node:fs/promises';

/** What a file is that is no ONNX model, and what to do about it. */
export interface OtherKind {
  /** With its article: `a Git LFS pointer`. */
  what: string;
  remedy: string;
}

const EXPORT = 'export it to ONNX first';
const TORCH = `${EXPORT} (torch.onnx.export, or optimum-cli export onnx)`;
const UNPACK = 'unpack it, and name the .onnx file in it';
const DOWNLOAD =
  'download the file itself (on Hugging Face: its "resolve" link, with a token where the model needs one)';

/** First bytes, by what they are. Those that a byte or two decide come last. */
const MAGIC: ReadonlyArray<readonly [offset: number, bytes: string | readonly number[], what: string, remedy: string]> =
  [
    [
      0,
      'GGUF',
      'a GGUF model of llama.cpp',
      'measure it with llama-bench in a task of executor: command, or use an ONNX model',
    ],
    [
      0,
      'GGML',
      'a GGML model of llama.cpp',
      'measure it with llama-bench in a task of executor: command, or use an ONNX model',
    ],
    [4, 'TFL3', 'a TensorFlow Lite model', `${EXPORT} (python -m tf2onnx.convert --tflite)`],
    [0, 'ftrt', 'a TensorRT engine', 'name the ONNX model that it was built from'],
    [0, 'ptrt', 'a TensorRT engine', 'name the ONNX model that it was built from'],
    [
      0,
      [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a],
      'an HDF5 file, such as a Keras model',
      `${EXPORT} (python -m tf2onnx.convert --keras)`,
    ],
    [
      0,
      [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59],
      'a NumPy array',
      'use it as an input: config.inputs, as { x: { file: … } }',
    ],
    [0, '7z\xbc\xaf\x27\x1c', 'a 7-Zip archive', UNPACK],
    [0, [0xfd, 0x37, 0x7a, 0x58, 0x5a], 'an xz archive', UNPACK],
    [0, [0x28, 0xb5, 0x2f, 0xfd], 'a Zstandard archive', UNPACK],
    [0, 'BZh', 'a bzip2 archive', UNPACK],
    [257, 'ustar', 'a tar archive', UNPACK],
    [0, [0x1f, 0x8b], 'a gzip archive', UNPACK],
    [0, '%PDF-', 'a PDF document', 'name the model'],
    [0, [0x89, 0x50, 0x4e, 0x47], 'a PNG picture', 'name the model'],
    [0, [0xff, 0xd8, 0xff], 'a JPEG picture', 'name the model'],
    [0, [0x7f, 0x45, 0x4c, 0x46], 'a program or library', 'name the model'],
    [0, 'MZ', 'a program or library of Windows', 'name the model'],
    [0, 'SQLite format 3', 'an SQLite database, such as a profile', 'name the model'],
    [0, 'PAR1', 'a Parquet file', 'name the model'],
  ];

/**
 * What the first bytes of a file tell it is, for what people have in place of an ONNX model; undefined where it may be one.
 * Reads at most 64 KiB.
 */
export async function otherKind(path: string): Promise<OtherKind | undefined> {
  await using file = await open(path);
  const head = Buffer.alloc(65_536);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  return kindOf(head.subarray(0, bytesRead), (await file.stat()).size);
}

/** Pure. @param head - the first bytes, as many as there are of 64 KiB */
export function kindOf(head: Buffer, size_bytes: number): OtherKind | undefined {
  if (size_bytes === 0) return { what: 'an empty file', remedy: 'copy or download it again' };
  if (head.every((byte) => byte === 0))
    return { what: 'a file of zeros, as a broken download leaves it', remedy: 'copy or download it again' };
  // A flat model of ONNX Runtime: as good as ONNX.
  if (head.toString('latin1', 4, 8) === 'ORTM') return undefined;
  if (head.toString('latin1', 0, 4) === 'PK\x03\x04' || head.toString('latin1', 0, 4) === 'PK\x05\x06')
    return zipKind(head);
  for (const [offset, bytes, what, remedy] of MAGIC) {
    const magic = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes);
    if (head.subarray(offset, offset + magic.length).equals(magic)) return { what, remedy };
  }
  if (isSafetensors(head, size_bytes))
    return {
      what: 'a safetensors file: weights without a graph',
      remedy: `${EXPORT} (optimum-cli export onnx --model FOLDER)`,
    };
  if (head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5 && !isProtobufTag(head))
    return { what: 'a Python pickle, such as an old PyTorch file', remedy: TORCH };
  return textKind(head) ?? tensorflowKind(head);
}

/** 0x80 0x01 is a long tag of protobuf, and no field of ONNX has one so high; a pickle has its version and an opcode. */
function isProtobufTag(head: Buffer): boolean {
  return head.length < 3;
}

function zipKind(head: Buffer): OtherKind {
  const names = head.toString('latin1');
  if (/\/data\.pkl|\/version|\/byteorder|constants\.pkl/.test(names) && names.includes('.pkl'))
    return { what: 'a PyTorch file', remedy: TORCH };
  if (/metadata\.json.*config\.json|model\.weights\.h5/s.test(names))
    return { what: 'a Keras model', remedy: `${EXPORT} (python -m tf2onnx.convert --keras)` };
  if (/\.npy/.test(names)) return { what: 'NumPy arrays (.npz)', remedy: 'unpack it; an input takes a single .npy' };
  if (/\.mlpackage|\.mlmodel/.test(names))
    return { what: 'a zipped Core ML model', remedy: 'name the ONNX model that it was made from' };
  if (/\.onnx/.test(names)) return { what: 'a zip archive with an ONNX model in it', remedy: UNPACK };
  return { what: 'a zip archive', remedy: UNPACK };
}

/** The length of a JSON header as 64 bits, and the header. */
function isSafetensors(head: Buffer, size_bytes: number): boolean {
  if (head.length < 10) return false;
  const length = head.readBigUInt64LE(0);
  return (
    length > 1n &&
    length <= BigInt(size_bytes) - 8n &&
    head[8] === 0x7b &&
    /^\{\s*["}]/.test(head.toString('latin1', 8, 64))
  );
}

const LFS = 'run `git lfs pull` in its repository, or download the file itself';

function textKind(head: Buffer): OtherKind | undefined {
  const text = readableText(head);
  if (text === undefined) return undefined;
  if (/^version https:\/\/(git-lfs|hawser)\./.test(text))
    return { what: 'a Git LFS pointer: a few lines that stand for the file', remedy: LFS };
  if (/^\/annex\/objects\/|^\.\.?\/.*\.git\/annex\//.test(text))
    return { what: 'a git-annex pointer', remedy: 'run `git annex get` on it' };
  if (/^(outs|md5|deps):/m.test(text) && /\bmd5:/.test(text))
    return { what: 'a DVC pointer', remedy: 'run `dvc pull`' };
  if (/^<(!doctype\s+html|html|head|body)\b/i.test(text)) return { what: 'a web page', remedy: DOWNLOAD };
  if (/^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)?<net\b/.test(text))
    return { what: 'an OpenVINO model (IR)', remedy: 'name the ONNX model that it was made from' };
  if (/^<(\?xml|error|svg)/i.test(text))
    return { what: 'an XML text, maybe the error answer of a download', remedy: DOWNLOAD };
  if (/^[[{]/.test(text))
    return { what: 'a JSON text, maybe a configuration or the error answer of a download', remedy: DOWNLOAD };
  if (/^(ir_version|node|graph|producer_name|opset_import|layer|name)\s*[:{]/m.test(text))
    return { what: 'a protobuf in its text form', remedy: 'save it in binary form (onnx.save)' };
  return { what: 'a text', remedy: DOWNLOAD };
}

/** Undefined for bytes. */
function readableText(head: Buffer): string | undefined {
  const isUtf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  const bytes = isUtf16 ? head.subarray(0, head.length - (head.length % 2)) : head;
  try {
    const decoder = new TextDecoder(isUtf16 ? (head[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8', { fatal: true });
    const text = decoder.decode(bytes, { stream: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells bytes from a text
    return /[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text.trimStart();
  } catch {
    return undefined;
  }
}

/** A TensorFlow graph begins with its nodes (field 1, a message), and ONNX with a version (field 1, a number). */
function tensorflowKind(head: Buffer): OtherKind | undefined {
  if (head[0] === 0x0a && /^\n.{0,40}(Placeholder|Const|VarHandleOp|NoOp)\b/s.test(head.toString('latin1', 0, 200)))
    return { what: 'a TensorFlow graph', remedy: `${EXPORT} (python -m tf2onnx.convert)` };
  return undefined;
}

/** What a folder is, by what is in it. */
export async function folderKind(path: string): Promise<OtherKind> {
  const names: string[] = await readdir(path).catch(() => []);
  const onnx = names.filter((name) => /\.(onnx|ort)$/i.test(name)).sort();
  if (onnx.length > 0) return { what: 'a folder', remedy: `name the file in it: ${onnx.slice(0, 5).join(', ')}` };
  if (/\.mlpackage\/?$/.test(path))
    return { what: 'a Core ML package', remedy: 'name the ONNX model that it was made from' };
  if (names.includes('saved_model.pb'))
    return { what: 'a TensorFlow SavedModel', remedy: `${EXPORT} (python -m tf2onnx.convert --saved-model)` };
  if (names.includes('config.json'))
    return {
      what: 'a Hugging Face model without an ONNX file',
      remedy: `${EXPORT} (optimum-cli export onnx --model FOLDER)`,
    };
  if (names.some((name) => name.startsWith('openvino_model')))
    return { what: 'an OpenVINO model', remedy: 'name the ONNX model that it was made from' };
  if (names.includes('onnx')) return { what: 'a folder', remedy: 'name the file: it has a folder "onnx"' };
  return { what: 'a folder', remedy: 'name the .onnx file' };
}
