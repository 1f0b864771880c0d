import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { argumentsOf, functionName, type SyntaxNode } from './syntax-tree.ts';

/**
 * What a statement may ask of functions that make much work of little text. The engine looks at its time limit between
 * blocks only, so one call of such a function must be over soon. The process that runs it is killed at the limit in any
 * case; on a server this is what keeps a killed statement from going on there for long.
 */

const MAX_PATTERN_CHARACTERS = 500;
/** The product of all counted repetitions of a pattern: `(a{10}){10}` is 100. */
const MAX_PATTERN_REPEATS = 1000;
const MAX_PATTERNS = 100;
/** Of what is made by a count: characters, or elements. */
const MAX_MADE = 10_000;

/** Where each function has its regular expression. */
const PATTERN_AT: Readonly<Record<string, number>> = {
  match: 1,
  extract: 1,
  extractall: 1,
  extractallgroups: 1,
  extractallgroupshorizontal: 1,
  extractallgroupsvertical: 1,
  extractgroups: 1,
  regexpextract: 1,
  regexp_extract: 1,
  regexp_like: 1,
  regexp_matches: 1,
  regexp_replace: 1,
  replaceregexpone: 1,
  replaceregexpall: 1,
  countmatches: 1,
  countmatchescaseinsensitive: 1,
  regexpcount: 1,
  splitbyregexp: 0,
  multimatchany: 1,
  multimatchanyindex: 1,
  multimatchallindices: 1,
};

/** Where each function has the number that its result grows with. */
const COUNT_AT: Readonly<Record<string, number>> = {
  repeat: 1,
  space: 0,
  leftpad: 1,
  rightpad: 1,
  leftpadutf8: 1,
  rightpadutf8: 1,
  lpad: 1,
  rpad: 1,
  tofixedstring: 1,
  arraywithconstant: 0,
  arrayresize: 1,
  randomstring: 0,
  randomfixedstring: 0,
  randomprintableascii: 0,
  randomstringutf8: 0,
  fuzzbits: 1,
};

/** The first thing in the tree that could take too long, or undefined. */
export function costIssue(root: SyntaxNode): Issue | undefined {
  const waiting: SyntaxNode[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const name = functionName(node);
    const found = name === undefined ? undefined : (patternIssue(name, node) ?? countIssue(name, node));
    if (found !== undefined) return { path: 'sql', code: 'too_expensive', message: found };
    for (const child of node.children) waiting.push(child);
  }
  return undefined;
}

function patternIssue(name: string, node: SyntaxNode): string | undefined {
  const at = Object.hasOwn(PATTERN_AT, name) ? PATTERN_AT[name] : undefined;
  if (at === undefined) return undefined;
  const pattern = argumentsOf(node)[at];
  if (pattern === undefined) return undefined;
  const texts = literals(pattern);
  if (texts === undefined) return `${name}: the pattern must be written out as a text`;
  if (texts.length > MAX_PATTERNS) return `${name}: at most ${MAX_PATTERNS} patterns are possible, not ${texts.length}`;
  for (const text of texts) {
    if (text.length > MAX_PATTERN_CHARACTERS)
      return `${name}: a pattern may have ${MAX_PATTERN_CHARACTERS} characters, this one has ${text.length}`;
    const repeats = repeatsOf(text);
    if (repeats > MAX_PATTERN_REPEATS)
      return `${name}: the counted repetitions of a pattern may multiply to ${MAX_PATTERN_REPEATS}, here they are ${repeats}`;
  }
  return undefined;
}

/** The texts of a literal, or of an array of literals; undefined where something is computed. */
function literals(node: SyntaxNode): string[] | undefined {
  const text = /^Literal '(.*)'$/s.exec(node.text)?.[1];
  if (text !== undefined) return [text];
  const list = /^Literal Array_\[(.*)\]$/s.exec(node.text)?.[1];
  if (list !== undefined) return list.match(/'(?:[^'\\]|\\.)*'/gs)?.map((each) => each.slice(1, -1)) ?? [];
  if (functionName(node) !== 'array') return undefined;
  const each = argumentsOf(node).map(literals);
  return each.includes(undefined) ? undefined : each.flatMap((some) => some ?? []);
}

function repeatsOf(pattern: string): number {
  let product = 1;
  for (const [, least = '1', most = ''] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g))
    product *= Math.max(1, Number(least), Number(most));
  return product;
}

function countIssue(name: string, node: SyntaxNode): string | undefined {
  const at = Object.hasOwn(COUNT_AT, name) ? COUNT_AT[name] : undefined;
  const count = at === undefined ? undefined : argumentsOf(node)[at];
  if (count === undefined || isSmall(count)) return undefined;
  // Of a minimum, one bound is enough.
  if (functionName(count) === 'least' && argumentsOf(count).some(isSmall)) return undefined;
  return `${name}: the size must be a number up to ${MAX_MADE}; write least(…, ${MAX_MADE}) where it is computed`;
}

function isSmall(node: SyntaxNode): boolean {
  const digits = /^Literal U?Int64_(-?\d+)$/.exec(node.text)?.[1];
  return digits !== undefined && Number(digits) <= MAX_MADE;
}
