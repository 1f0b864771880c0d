import { MAX_FILE_BYTES, MAX_YAML_BYTES } from '../contracts/limits.ts';
import type { Issue } from '../contracts/request.ts';
import { limitIssues, type Parsed } from '../runtime/issues.ts';
import { DOOR_LIMITS, jsonLimitIssue } from '../runtime/json-limits.ts';
import { readYaml } from '../runtime/read-yaml.ts';
import { checkJsonText, jsonSyntaxIssue } from './check-json.ts';
import type { Sources, TextIssue } from './text-issue.ts';

/** A request as its author wrote it. */
export interface WrittenText {
  value: unknown;
  text: string;
  /** Scalars that print otherwise than they were written, by path: so that messages can show `1.10` and not 1.1. */
  sources: Sources;
}

export type ReadText = { ok: true; written: WrittenText } | { ok: false; issues: TextIssue[] };

/**
 * Reads a request, JSON or YAML, the same way at every door (docs/requests.md, "JSON and YAML"): what its author wrote is
 * read as it stands, or refused with its place; nothing is lost or changed on the way. Pure.
 * @param format - `json` and `yaml` hold the text to it; without it a text that begins as JSON is held to JSON
 * @param max_yaml_bytes - YAML takes about fifty times as long to read as JSON
 */
export function readRequestText(
  content: Uint8Array | string,
  format?: 'json' | 'yaml',
  max_yaml_bytes = MAX_FILE_BYTES,
): ReadText {
  const text = textOf(content);
  if (text === undefined)
    return refuse('invalid_json', 'it is not UTF-8 text, so neither JSON nor YAML: is it the right file?');
  if (text.trim() === '') return refuse('empty', 'it is empty: examples/quickstart.yaml shows what goes in.');
  const isJson = format === undefined ? /^\s*[[{]/.test(text) : format === 'json';
  if (isJson) return readJson(text, content, format, max_yaml_bytes);
  const read = yaml(text, max_yaml_bytes);
  if (format === undefined && read.ok && (typeof read.written.value !== 'object' || read.written.value === null))
    return refuse('invalid_json', 'not JSON, and no YAML of a request either: a request is an object with "tasks".');
  return read;
}

/** `readRequestText` for doors that know no file: issues tell their line in the message, and YAML may not be large. */
export function readRequest(content: Uint8Array | string, format?: 'json' | 'yaml'): Parsed<WrittenText> {
  const read = readRequestText(content, format, MAX_YAML_BYTES);
  if (read.ok) return { ok: true, value: read.written };
  const issues = read.issues.map(({ line, column, path, code, message }): Issue => {
    return { path, code, message: line === null ? message : `line ${line}, column ${column}: ${message}` };
  });
  return { ok: false, issues: limitIssues(issues) };
}

function textOf(content: Uint8Array | string): string | undefined {
  if (typeof content === 'string') return content.replace(/^\uFEFF/, '');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

function refuse(code: string, message: string): ReadText {
  return { ok: false, issues: [{ path: '(message)', code, message, line: null, column: null }] };
}

function readJson(
  text: string,
  content: Uint8Array | string,
  format: 'json' | 'yaml' | undefined,
  max_yaml_bytes: number,
): ReadText {
  const beyond = jsonLimitIssue(typeof content === 'string' ? Buffer.from(content) : content, DOOR_LIMITS);
  if (beyond !== undefined) return { ok: false, issues: [{ ...beyond, line: null, column: null }] };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Braces begin YAML as well (`{ task_id: a }`), but who writes a quoted name first has JSON in mind.
    if (format === undefined && !/^\s*(\[\s*)?\{\s*["}]/.test(text)) {
      const asYaml = yaml(text, max_yaml_bytes);
      if (asYaml.ok || asYaml.issues[0]?.code !== 'invalid_yaml') return asYaml;
    }
    return { ok: false, issues: [jsonSyntaxIssue(text, error)] };
  }
  const { issues, sources } = checkJsonText(text);
  return issues.length > 0 ? { ok: false, issues } : { ok: true, written: { value, text, sources } };
}

function yaml(text: string, max_bytes: number): ReadText {
  const bytes = Buffer.byteLength(text);
  if (bytes > max_bytes) {
    const limit = `YAML may have ${max_bytes} bytes, and this has ${bytes}`;
    return refuse('too_large', `${limit}: send it as JSON, which may be larger, or use \`bw run\``);
  }
  const read = readYaml(text);
  return read.ok ? { ok: true, written: { value: read.value, text, sources: read.sources } } : read;
}
