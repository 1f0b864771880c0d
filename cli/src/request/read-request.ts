import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { MAX_FILE_BYTES } from '@benchwire/shared/contracts/limits.ts';
import { readRequestText, type WrittenText } from '@benchwire/shared/request-text/read-request-text.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { limitIssues } from '@benchwire/shared/runtime/issues.ts';
import { InvalidRequestError, UsageError } from '../errors.ts';

/** A request as the user wrote it, with what it takes to say where in the file something stands. */
export interface WrittenRequest extends WrittenText {
  /** For messages: the file's name, or `(stdin)`. */
  name: string;
}

/**
 * Reads YAML or JSON from a file, or from stdin for `-`.
 * @throws UsageError for a file that can't be read, InvalidRequestError with each syntax error's line and column
 */
export async function readRequest(
  file: string,
  working_directory: string,
  stdin: Readable & { isTTY?: boolean },
): Promise<WrittenRequest> {
  const name = file === '-' ? '(stdin)' : file;
  const bytes = file === '-' ? await readStream(stdin) : await readPath(file, resolve(working_directory, file));
  if (bytes.length > MAX_FILE_BYTES) throw new UsageError(`${name} is too large for a request: is it the right file?`);
  return parseRequest(name, bytes);
}

/** The pure part of `readRequest`. */
export function parseRequest(name: string, bytes: Uint8Array): WrittenRequest {
  const format = name.endsWith('.json') ? 'json' : /\.ya?ml$/.test(name) ? 'yaml' : undefined;
  const read = readRequestText(bytes, format);
  if (read.ok) return { name, ...read.written };
  const issues = read.issues.map(({ line, column, path, code, message }) => {
    const where = line === null ? '' : `${name}:${line}:${column}: `;
    return { path, code, message: `${where}${path === '(message)' ? '' : `${path}: `}${message}` };
  });
  throw new InvalidRequestError(
    name,
    limitIssues(issues).map(({ message }) => message),
  );
}

async function readPath(shown: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new UsageError(`there is no file ${shown}.`);
    if (code === 'EISDIR') throw new UsageError(`${shown} is a folder: name the request file in it.`);
    throw new UsageError(`${shown} can't be read: ${messageOf(error)}`);
  }
}

async function readStream(stdin: Readable & { isTTY?: boolean }): Promise<Uint8Array> {
  if (stdin.isTTY === true)
    throw new UsageError('`-` reads the request from stdin, and nothing is piped in: `bw run - < request.yaml`.');
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array));
    size += chunks.at(-1)?.length ?? 0;
    if (size > MAX_FILE_BYTES) break;
  }
  return Buffer.concat(chunks);
}
