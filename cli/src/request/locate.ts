import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { MORE_ISSUES } from '@benchwire/shared/runtime/issues.ts';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, Scalar } from 'yaml';
import type { WrittenRequest } from './read-request.ts';

/** Both from 1 on, as editors count. */
interface Place {
  line: number;
  column: number;
}

/** The text once more, for places: JSON is YAML as well. */
interface Located {
  document: Document.Parsed;
  lines: LineCounter;
}

/**
 * Where in the file the thing stands that an issue's path names. What isn't there (a missing field) is shown
 * at what it is missing from. Undefined for an issue with the file as a whole.
 * @param atKey - show the field's name, not its value: for names that are themselves wrong
 */
function locate({ document, lines }: Located, path: string, atKey = false): Place | undefined {
  let node: unknown = document.contents;
  let offset = offsetOf(node);
  let rest = path;
  if (path === '' || path === '(message)') return undefined;

  while (rest !== '') {
    if (isAlias(node)) node = node.resolve(document);
    const index = /^\[(\d+)\]\.?/.exec(rest);
    if (index !== null) {
      if (!isSeq(node)) break;
      node = node.items[Number(index[1])];
      rest = rest.slice(index[0].length);
      offset = offsetOf(node) ?? offset;
      continue;
    }
    if (!isMap(node)) break;
    // A key may itself have dots in it (`config.model` is an axis of the matrix): the longest that fits is meant.
    const pair = node.items
      .filter(({ key }) => isScalar(key) && isPrefix(nameOf(key), rest))
      .sort((a, b) => String(b.key).length - String(a.key).length)[0];
    if (pair === undefined || !isScalar(pair.key)) break;
    offset = offsetOf(pair.key) ?? offset;
    rest = rest.slice(nameOf(pair.key).length).replace(/^\./, '');
    node = pair.value;
    // The last key itself is shown for a map or a list, the value where it is a plain one.
    if (rest === '' && isScalar(node) && !atKey) offset = offsetOf(node) ?? offset;
  }
  if (offset === undefined) return undefined;
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/**
 * Issues as lines, in the file's order: place, path, what is wrong and what to do.
 */
export function issueLines(written: WrittenRequest, issues: readonly Issue[]): string[] {
  const lines = new LineCounter();
  const options = { lineCounter: lines, prettyErrors: false, logLevel: 'silent', uniqueKeys: false } as const;
  const located = { document: parseDocument(written.text, options), lines };
  return issues
    .map((issue) => ({ issue, place: locate(located, issue.path, issue.code === 'unrecognized_keys') }))
    .sort((a, b) => lineOf(a) - lineOf(b) || (a.place?.column ?? 0) - (b.place?.column ?? 0))
    .map(({ issue, place }) => {
      const where = place === undefined ? '' : `${written.name}:${place.line}:${place.column}: `;
      const path = issue.path === '' || issue.path === '(message)' ? '' : `${issue.path}: `;
      return `${where}${path}${issue.message}`;
    });
}

/** What is about the file as a whole comes first, and how many more issues there are comes last. */
function lineOf({ issue, place }: { issue: Issue; place: Place | undefined }): number {
  return issue.code === MORE_ISSUES ? Number.POSITIVE_INFINITY : (place?.line ?? 0);
}

/** As the reader of requests takes it: as it was written. */
function nameOf(key: Scalar): string {
  return key.type === Scalar.PLAIN && key.source !== undefined ? key.source : String(key.value);
}

function isPrefix(key: string, path: string): boolean {
  return path.startsWith(key) && (path.length === key.length || /^[.[]/.test(path.slice(key.length)));
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
