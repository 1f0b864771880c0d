import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { MAX_FILE_BYTES } from '@benchwire/shared/contracts/limits.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { limitIssues } from '@benchwire/shared/runtime/issues.ts';
import { DOOR_LIMITS, jsonLimitIssue } from '@benchwire/shared/runtime/json-limits.ts';
import { readYaml } from '@benchwire/shared/runtime/read-yaml.ts';
import type { Document, LineCounter } from 'yaml';
import { InvalidRequestError, UsageError } from '../errors.ts';

/** A request as the user wrote it, with what it takes to say where in the file something stands. */
export interface WrittenRequest {
  /** For messages: the file's name, or `(stdin)`. */
  name: string;
  value: unknown;
  document: Document.Parsed;
  lines: LineCounter;
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
  if (bytes.length > MAX_FILE_BYTES) throw new UsageError(`${name} is larger than any request: is it the right file?`);
  return parseRequest(name, bytes);
}

/** The pure part of `readRequest`. */
export function parseRequest(name: string, bytes: Uint8Array): WrittenRequest {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidRequestError(name, ['it is no text (UTF-8): is it the right file?']);
  }
  if (text.trim() === '')
    throw new InvalidRequestError(name, ['it is empty: examples/quickstart.yaml shows what goes in.']);

  // What claims to be JSON is held to it; the reader of YAML would accept more and say less.
  const isJson = name.endsWith('.json') || (!/\.ya?ml$/.test(name) && /^\s*[[{]/.test(text));
  if (isJson) checkJson(name, text, bytes);

  const read = readYaml(text);
  if (read.ok) return { name, value: read.value, document: read.document, lines: read.lines };
  const issues = read.issues.map((issue) => {
    const place = issue.line === null ? '' : `${name}:${issue.line}:${issue.column}: `;
    return { ...issue, message: `${place}${issue.message}` };
  });
  throw new InvalidRequestError(
    name,
    limitIssues(issues).map(({ message }) => message),
  );
}

function checkJson(name: string, text: string, bytes: Uint8Array): void {
  const beyond = jsonLimitIssue(bytes, DOOR_LIMITS);
  if (beyond !== undefined) throw new InvalidRequestError(name, [beyond.message]);
  try {
    JSON.parse(text);
  } catch (error) {
    const message = messageOf(error);
    const position = /at position (\d+)/.exec(message)?.[1];
    const place = position === undefined ? '' : `:${lineAndColumn(text, Number(position))}`;
    const what = message
      .replace(/ in JSON at position.*$/s, '')
      .replace(/, (?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON$/s, '');
    const hint = /Expected double-quoted property name|Unexpected token/.test(message)
      ? ' (JSON has no comments and no comma before a closing bracket)'
      : '';
    throw new InvalidRequestError(name, [`${name}${place}: not JSON: ${what}${hint}`]);
  }
}

function lineAndColumn(text: string, position: number): string {
  const before = text.slice(0, position);
  return `${before.split('\n').length}:${position - before.lastIndexOf('\n')}`;
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
