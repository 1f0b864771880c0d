import { CST, Lexer, LineCounter, type ParsedNode, parseAllDocuments } from 'yaml';
import { MAX_DEPTH, MAX_ISSUES } from '../contracts/limits.ts';
import type { Issue } from '../contracts/request.ts';
import type { Sources, TextIssue } from '../request-text/text-issue.ts';
import { yamlValue } from '../request-text/yaml-value.ts';
import { tooDeep } from './json-limits.ts';

export type YamlRead = { ok: true; value: unknown; sources: Sources } | { ok: false; issues: TextIssue[] };

/**
 * Reads one YAML document (JSON is YAML too). The time is linear in the text: what is nested too deep or closed without having
 * been opened is found by the lexer alone, before anything is composed; a key that is there twice is looked for in
 * yaml-value.ts, since the library compares each key of a map with every other.
 */
export function readYaml(text: string): YamlRead {
  const lines = new LineCounter();
  const early = checkTokens(text);
  if (early !== undefined) return { ok: false, issues: [early] };
  const documents = parseAllDocuments<ParsedNode>(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys: false,
  });
  const at = (offset: number | undefined, code: string, message: string): TextIssue => {
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
  if (document.directives.yaml.explicit === true && document.directives.yaml.version === '1.1') {
    const message = 'YAML 1.1 reads yes, 012 and 12:30 otherwise: leave out the line %YAML 1.1';
    return { ok: false, issues: [at(undefined, 'yaml_1_1', message)] };
  }
  const { value, issues, sources } = yamlValue(document, at);
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value, sources };
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
function checkTokens(text: string): TextIssue | undefined {
  const brackets: string[] = [];
  /** Columns of the blocks that are open, from the outermost. */
  const blocks: number[] = [];
  let line = 1;
  let column = 1;
  /** The last token that was no blank. */
  let before = '';
  const issue = ({ path, code, message }: Issue): TextIssue => ({ path, code, message, line, column });
  const invalid = (message: string): TextIssue => issue({ path: '(message)', code: 'invalid_yaml', message });
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
