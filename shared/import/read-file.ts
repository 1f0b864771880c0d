import { MAX_DEPTH, MAX_IMPORT_BYTES } from '../contracts/limits.ts';
import { messageOf } from '../runtime/errors.ts';
import { isRecord } from '../runtime/is-record.ts';
import { nearNames } from '../runtime/near-names.ts';
import type { ImportedFile, ImportFormat, ImportInput, ImportMapping } from './format.ts';
import { IMPORT_FORMATS } from './formats.ts';
import { ImportError } from './import-error.ts';

export interface ReadFileOptions {
  /** For messages. */
  file: string;
  bytes: Uint8Array;
  /** A format's name; found from the content where it is `auto`. */
  format: string;
  mapping?: ImportMapping;
  /** Known beside the built-in ones. */
  formats?: readonly ImportFormat[];
}

/**
 * Reads a benchmark tool's output. Whatever the bytes are, it gives what the file says or an error that says where and what to do. Pure.
 * @throws ImportError
 */
export function readImportFile({
  file,
  bytes,
  format,
  mapping = {},
  formats = IMPORT_FORMATS,
}: ReadFileOptions): ImportedFile {
  if (bytes.length > MAX_IMPORT_BYTES)
    throw new ImportError(
      file,
      '',
      `has ${Math.ceil(bytes.length / 1e6)} MB, at most ${Math.floor(MAX_IMPORT_BYTES / 1e6)} can be imported: split it, or let the tool write fewer single values`,
    );
  const input = inputOf(file, bytes);
  const known = format === 'auto' ? detect(input, formats) : named(file, format, formats);
  try {
    return known.parse(input, mapping);
  } catch (error) {
    if (error instanceof ImportError) throw error;
    // A parser that did not expect this: the file is wrong, and the user has to know which.
    throw new ImportError(file, '', `could not be read as ${known.title}: ${messageOf(error)}`);
  }
}

function named(file: string, format: string, formats: readonly ImportFormat[]): ImportFormat {
  const found = formats.find(({ name }) => name === format);
  if (found !== undefined) return found;
  const [near] = nearNames(
    format,
    formats.map(({ name }) => name),
  );
  const hint =
    near === undefined ? `use one of ${formats.map(({ name }) => name).join(', ')}` : `did you mean ${near}?`;
  throw new ImportError(file, '', `there is no format "${format}": ${hint}`);
}

function detect(input: ImportInput, formats: readonly ImportFormat[]): ImportFormat {
  const found = formats.find((each) => each.detect(input));
  if (found !== undefined) return found;
  if (input.text.trim() === '')
    throw new ImportError(input.file, '', 'is empty: did the tool write its results somewhere else?');
  const broken = jsonProblem(input);
  if (broken !== undefined) throw broken;
  const names = formats.map(({ name }) => name).join(', ');
  throw new ImportError(
    input.file,
    'line 1',
    `is in none of the formats that are known: name it with --format (${names})`,
  );
}

/** Of a text that is meant to be JSON and is none, where it ends to be. */
function jsonProblem({ file, text, json }: ImportInput): ImportError | undefined {
  if (json !== undefined || !/^\s*[[{]/.test(text)) return undefined;
  try {
    JSON.parse(text);
    return new ImportError(file, '', `has lists and objects more than ${MAX_DEPTH} levels deep`);
  } catch (error) {
    const said = messageOf(error);
    const at = /position (\d+)/.exec(said)?.[1];
    const line = at === undefined ? text.split('\n').length : text.slice(0, Number(at)).split('\n').length;
    return new ImportError(
      file,
      `line ${line}`,
      `is not complete JSON (${said.slice(0, 200)}): was the tool interrupted while it wrote the file?`,
    );
  }
}

/** A file as formats see it. */
export function inputOf(file: string, bytes: Uint8Array): ImportInput {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  const text = new TextDecoder(encoding).decode(bytes);
  return { file, text, json: jsonOf(text) };
}

function jsonOf(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  const value = parsed(text) ?? parsed(withoutNonNumbers(text));
  return value === undefined || isTooDeep(value, MAX_DEPTH) ? undefined : value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Python writes NaN and Infinity into JSON, which are no JSON: they are no numbers either, so null. */
function withoutNonNumbers(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (part) => (part.startsWith('"') ? part : 'null'));
}

function isTooDeep(value: unknown, levels: number): boolean {
  if (!Array.isArray(value) && !isRecord(value)) return false;
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}
