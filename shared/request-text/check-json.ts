import { MAX_ISSUES } from '../contracts/limits.ts';
import { shorten } from '../format/shorten.ts';
import { messageOf } from '../runtime/errors.ts';
import { formatPath } from '../runtime/issues.ts';
import type { Sources, TextIssue } from './text-issue.ts';
import { numberProblem } from './written-number.ts';

/** JavaScript would take it for something else, and it would be lost. */
export const PROTO = 'the name "__proto__" is not possible: choose another one';

/** One token of a text that is JSON already. Strings first, so that nothing in them is taken for another token. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[{}[\],]/g;

/** An object or a list that is open where the reading is. */
interface Open {
  /** Names so far; undefined in a list. */
  names: Set<string> | undefined;
  /** The name or index that is being read. */
  at: string | number;
  /** The next string is a name and not a value. */
  expects_name: boolean;
}

/**
 * What `JSON.parse` does not say of a text that it takes: names that stand twice, of which it keeps the last, and
 * numbers that it changes. One pass over the tokens. Pure.
 */
export function checkJsonText(text: string): { issues: TextIssue[]; sources: Sources } {
  const issues: TextIssue[] = [];
  const sources = new Map<string, string>();
  const open: Open[] = [];
  const path = (): string => formatPath(open.map(({ at }) => at));
  for (const match of text.matchAll(TOKEN)) {
    if (issues.length >= MAX_ISSUES) break;
    const [token] = match;
    const top = open.at(-1);
    switch (token[0]) {
      case '{':
      case '[':
        if (token === '{') open.push({ names: new Set(), at: '', expects_name: true });
        else open.push({ names: undefined, at: 0, expects_name: false });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        if (top !== undefined && typeof top.at === 'number') top.at++;
        else if (top !== undefined) top.expects_name = true;
        break;
      case '"':
        if (top?.names === undefined || !top.expects_name) break;
        top.expects_name = false;
        top.at = JSON.parse(token) as string;
        if (top.names.has(top.at)) {
          const message = `names must be unique, and "${shorten(top.at, 100)}" is there twice`;
          issues.push({ path: path(), code: 'duplicate_key', message, ...placeAt(text, match.index) });
        }
        if (top.at === '__proto__') {
          issues.push({ path: path(), code: 'name_not_possible', message: PROTO, ...placeAt(text, match.index) });
        }
        top.names.add(top.at);
        break;
      default: {
        const value = Number(token);
        if (String(value) === token) break;
        const problem = numberProblem(token, value);
        if (problem === undefined) sources.set(path(), token);
        else issues.push({ path: path(), ...problem, ...placeAt(text, match.index) });
      }
    }
  }
  return { issues, sources };
}

/** Why a text is not JSON, for anyone who wrote it. */
export function jsonSyntaxIssue(text: string, error: unknown): TextIssue {
  const message = messageOf(error);
  const position = /at position (\d+)/.exec(message)?.[1] ?? positionOf(text, message);
  const what = message
    .replace(/ in JSON at position.*$/s, '')
    .replace(/, (?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON$/s, '');
  const hint = /Expected double-quoted property name|Unexpected token/.test(message)
    ? ' (JSON has no comments and no comma before a closing bracket)'
    : '';
  return {
    path: '(message)',
    code: 'invalid_json',
    message: `not JSON: ${what}${hint}`,
    ...(position === undefined ? { line: null, column: null } : placeAt(text, Number(position))),
  };
}

/** Of short texts V8 tells what was unexpected, and no position; a comma before a bracket is by far the most frequent. */
function positionOf(text: string, message: string): number | undefined {
  const [, token = ''] = /^Unexpected token '(.)'/.exec(message) ?? [];
  const found = /[\]}]/.test(token) ? text.search(new RegExp(`,\\s*\\${token}`)) : -1;
  return found < 0 ? undefined : text.indexOf(token, found);
}

/** Line and column of a position in a text, both from 1 on. */
function placeAt(text: string, position: number): { line: number; column: number } {
  const before = text.slice(0, position);
  return { line: before.split('\n').length, column: position - before.lastIndexOf('\n') };
}
