import { readFile } from 'node:fs/promises';
import { badInput, messageOf } from '@benchwire/shared/model/errors.ts';
import { bytesAsElements, type ElementType } from './tensors.ts';

/** A file that an input is filled from, found and hashed by the executor. */
export interface InputFile {
  path: string;
  /** As the request names it. */
  file: string;
  sha256: string;
}

export interface FileValues {
  /** For results: the name, and enough of the hash to tell one from another. */
  label: string;
  content:
    | { kind: 'list'; values: readonly unknown[] }
    | {
        kind: 'elements';
        /** Null for raw bytes, which are of the type that the input takes. */
        type: ElementType | null;
        shape: readonly number[] | null;
        elementsOf: (type: ElementType, input: string) => ArrayLike<number | bigint>;
      };
}

/** The formats by the file's ending, for messages. */
const FORMATS = '.npy, .json, .txt (strings, one a line), .bin or .raw (elements as they lie in memory, little-endian)';

/** Reads a file with values, by its ending. Throws `TaskFailure` (bad_input) for one that cannot be read. */
export async function readInputFile(input: string, { path, file, sha256 }: InputFile): Promise<FileValues> {
  const wrong = (what: string): Error => badInput('INPUT_FILE_WRONG', `config.inputs.${input}: ${file} ${what}.`);
  const label = `file ${file} (sha256 ${sha256.slice(0, 12)})`;
  const bytes = await readFile(path);
  switch (/\.[a-z0-9]+$/i.exec(file)?.[0].toLowerCase()) {
    case '.npy':
      return { label, content: readNpy(bytes, wrong) };
    case '.bin':
    case '.raw': {
      const elementsOf = (type: ElementType): ArrayLike<number | bigint> => {
        return bytesAsElements(type, bytes) ?? fail(wrong(`has ${bytes.length} bytes, which are no ${type} elements`));
      };
      return { label, content: { kind: 'elements', type: null, shape: null, elementsOf } };
    }
    case '.json': {
      const values = parseJson(bytes.toString('utf8'), wrong);
      if (!Array.isArray(values)) throw wrong('holds no list');
      return { label, content: { kind: 'list', values } };
    }
    case '.txt': {
      const lines = bytes
        .toString('utf8')
        .replace(/\r?\n$/, '')
        .split(/\r?\n/);
      return { label, content: { kind: 'list', values: lines } };
    }
    default:
      throw wrong(`has an unknown file extension: use ${FORMATS}`);
  }
}

function fail(error: Error): never {
  throw error;
}

function parseJson(text: string, wrong: (what: string) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(`is not JSON: ${messageOf(error)}`);
  }
}

const DTYPES: Readonly<Record<string, ElementType>> = {
  '<f4': 'float32',
  '<f8': 'float64',
  '<f2': 'float16',
  '|i1': 'int8',
  '|u1': 'uint8',
  '<i2': 'int16',
  '<u2': 'uint16',
  '<i4': 'int32',
  '<u4': 'uint32',
  '<i8': 'int64',
  '<u8': 'uint64',
  '|b1': 'bool',
};

/** NumPy's format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
function readNpy(bytes: Buffer, wrong: (what: string) => Error): FileValues['content'] {
  if (bytes.toString('latin1', 0, 6) !== '\x93NUMPY') throw wrong('is not a NumPy array');
  const isFirst = bytes[6] === 1;
  const start = isFirst ? 10 : 12;
  const length = isFirst ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const header = bytes.toString('latin1', start, start + length);
  const dtype = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? '?';
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .flatMap((d) => (d.trim() === '' ? [] : [Number(d)]));
  const type = DTYPES[dtype];
  if (type === undefined)
    throw wrong(
      `holds elements of the type ${dtype}: save them as one of ${Object.values(DTYPES).join(', ')}, little-endian`,
    );
  if (/'fortran_order':\s*True/.test(header) && shape.length > 1)
    throw wrong('is stored in Fortran order: save numpy.ascontiguousarray(…)');
  const elements = bytesAsElements(type, bytes.subarray(start + length));
  const expected = shape.reduce((product, size) => product * size, 1);
  if (elements === undefined || elements.length !== expected)
    throw wrong(`is cut off: its shape is [${shape.join(', ')}]`);
  return { kind: 'elements', type, shape, elementsOf: () => elements };
}
