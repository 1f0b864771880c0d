import {
  CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';
import { MAX_DEPTH, MAX_ISSUES, MAX_YAML_ALIASES } from '../contracts/limits.ts';
import type { Issue } from '../contracts/request.ts';
import { DOOR_LIMITS, tooDeep, valueLimitIssue } from './json-limits.ts';

/** A mistake in YAML, and where it stands: both from 1 on, as editors count; null for the text as a whole. */
export interface YamlIssue extends Issue {
  line: number | null;
  column: number | null;
}

export type YamlRead =
  | { ok: true; value: unknown; document: Document.Parsed; lines: LineCounter }
  | { ok: false; issues: YamlIssue[] };

/**
 * Reads one YAML document (JSON is YAML too). The time is linear in the text: what is nested too deep or closed without having
 * been opened is found by the lexer alone, before anything is composed; a key that is there twice is looked for here, since the
 * library compares each key of a map with every other.
 */
export function readYaml(text: string): YamlRead {
  const lines = new LineCounter();
  const early = checkTokens(text);
  if (early !== undefined) return { ok: false, issues: [early] };
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys: false,
  });
  const at = (offset: number | undefined, code: string, message: string): YamlIssue => {
    const place = offset === undefined ? undefined : lines.linePos(offset);
    return { path: '(message)', code, message, line: place?.line ?? null, column: place?.col ?? null };
  };
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (document === undefined) return { ok: false, issues: [at(undefined, 'empty', 'it holds nothing but comments')] };
  if (second !== undefined) {
    const message = 'it holds several documents (`---`): write one request per file';
    return { ok: false, issues: [at(second.range?.[0], 'several_documents', message)] };
  }
  if (document.errors.length > 0)
    return {
      ok: false,
      issues: document.errors.slice(0, MAX_ISSUES).map(({ pos, message }) => at(pos[0], 'invalid_yaml', message)),
    };
  const wrong = checkNodes(document.contents, lines, at);
  if (wrong.length > 0) return { ok: false, issues: wrong };
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_YAML_ALIASES });
    // Aliases may have made more of it.
    const beyond = valueLimitIssue(value, DOOR_LIMITS);
    if (beyond !== undefined) return { ok: false, issues: [{ ...beyond, line: null, column: null }] };
    return { ok: true, value, document, lines };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, issues: [at(undefined, 'invalid_yaml', message)] };
  }
}

const CLOSED_BY: Readonly<Record<string, string>> = { ']': '[', '}': '{' };

const FLOW_SEPARATORS: ReadonlySet<string> = new Set(['comma', 'flow-seq-start', 'flow-map-start']);
const BLANK: ReadonlySet<string> = new Set(['space', 'newline', 'comment']);
const BEGINS_BLOCK: ReadonlySet<string> = new Set([
  'seq-item-ind',
  'explicit-key-ind',
  'scalar',
  'single-quoted-scalar',
  'double-quoted-scalar',
]);

/** What the lexer's tokens tell: the depth, by brackets and by the columns at which blocks begin, and brackets that do not fit. */
function checkTokens(text: string): YamlIssue | undefined {
  const brackets: string[] = [];
  /** Columns of the blocks that are open, from the outermost. */
  const blocks: number[] = [];
  let line = 1;
  let column = 1;
  /** The last token that was no blank. */
  let before = '';
  const issue = ({ path, code, message }: Issue): YamlIssue => ({ path, code, message, line, column });
  const invalid = (message: string): YamlIssue => issue({ path: '(message)', code: 'invalid_yaml', message });
  for (const token of new Lexer().lex(text)) {
    // Behind its marker stands a plain scalar or the text of a block, whatever it looks like.
    const type = before === 'scalar' ? 'text' : (CST.tokenType(token) ?? 'text');
    if (type === 'flow-seq-start' || type === 'flow-map-start') brackets.push(token);
    else if ((type === 'flow-seq-end' || type === 'flow-map-end') && brackets.pop() !== CLOSED_BY[token])
      return invalid(`"${token}" closes nothing that was opened`);
    else if (type === 'comma' && FLOW_SEPARATORS.has(before))
      return invalid('there is nothing between this comma and the comma or bracket before it');
    else if (type === 'flow-error-end') brackets.length = 0;
    else if (type === 'doc-start' || type === 'doc-end') blocks.length = 0;
    if (BEGINS_BLOCK.has(type) && brackets.length === 0) {
      while ((blocks.at(-1) ?? 0) >= column) blocks.pop();
      blocks.push(column);
    }
    if (brackets.length + blocks.length > MAX_DEPTH) return issue(tooDeep(MAX_DEPTH, `line ${line}`));
    if (!BLANK.has(type)) before = type;
    // Markers are no part of the text.
    if (type === 'scalar' || type === 'doc-mode' || type === 'flow-error-end') continue;
    const last = token.lastIndexOf('\n');
    if (last === -1) column += token.length;
    else {
      for (let i = token.indexOf('\n'); i !== -1; i = token.indexOf('\n', i + 1)) line++;
      column = token.length - last;
    }
  }
  return undefined;
}

/** Keys that are there twice, keys that are lists or maps, and too many uses of anchors. */
function checkNodes(
  contents: unknown,
  lines: LineCounter,
  at: (offset: number | undefined, code: string, message: string) => YamlIssue,
): YamlIssue[] {
  const issues: YamlIssue[] = [];
  let aliases = 0;
  const open: unknown[] = [contents];
  while (open.length > 0 && issues.length < MAX_ISSUES) {
    const node = open.pop();
    if (isSeq(node)) {
      for (const item of node.items) open.push(item);
    } else if (isAlias(node)) {
      aliases++;
      if (aliases === MAX_YAML_ALIASES + 1)
        issues.push(
          at(node.range?.[0], 'too_many_aliases', `at most ${MAX_YAML_ALIASES} aliases (\`*name\`) are possible`),
        );
    } else if (isMap(node)) {
      const seen = new Map<string, number | undefined>();
      for (const { key, value } of node.items) {
        if (issues.length >= MAX_ISSUES) break;
        const offset = (key as Node | null)?.range?.[0];
        if (key !== null && !isScalar(key) && !isAlias(key))
          issues.push(at(offset, 'complex_key', 'a name must be a plain text, not a list or a map'));
        const name = isScalar(key) ? String(key.value) : undefined;
        if (name !== undefined && seen.has(name)) {
          const first = seen.get(name);
          const where = first === undefined ? '' : `, first in line ${lines.linePos(first).line}`;
          const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
          issues.push(at(offset, 'duplicate_key', `names must be unique, and "${shown}" is there twice${where}`));
        } else if (name !== undefined) seen.set(name, offset);
        open.push(key, value);
      }
    }
  }
  return issues.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
