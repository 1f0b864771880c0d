import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { MAX_DEPTH, MAX_ISSUES, MAX_VALUES, MAX_YAML_ALIASES } from '../contracts/limits.ts';
import { shorten } from '../format/shorten.ts';
import { formatPath } from '../runtime/issues.ts';
import { tooDeep } from '../runtime/json-limits.ts';
import { PROTO } from './check-json.ts';
import type { Sources, TextIssue } from './text-issue.ts';
import { numberProblem } from './written-number.ts';

const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq', 'merge'].map((name) => `tag:yaml.org,2002:${name}`),
);

/** A YAML document as plain values: aliases and merge keys are resolved, names are texts as they were written. Pure. */
export function yamlValue(
  document: Document.Parsed,
  at: (offset: number | undefined, code: string, message: string) => TextIssue,
): { value: unknown; issues: TextIssue[]; sources: Sources } {
  const reading = new YamlReading(document, at);
  const value = reading.read(document.contents);
  return { value, issues: reading.issues, sources: reading.sources };
}

type Path = readonly (string | number)[];

class YamlReading {
  readonly issues: TextIssue[] = [];
  readonly sources = new Map<string, string>();
  readonly #targets = new Map<Alias, unknown>();
  readonly #at: (offset: number | undefined, code: string, message: string) => TextIssue;
  /** Anchored nodes that are being read: an alias to one of them would never end. */
  readonly #inside = new Set<unknown>();
  #values = 0;
  #stopped = false;

  constructor(document: Document.Parsed, at: (offset: number | undefined, code: string, message: string) => TextIssue) {
    this.#at = at;
    // Once for all: the library's own `resolve` goes through the whole document for each alias.
    const anchors = new Map<string, unknown>();
    visit(document, {
      Alias: (_, alias) => {
        this.#targets.set(alias, anchors.get(alias.source));
      },
      Value: (_, node) => {
        if (node.anchor !== undefined) anchors.set(node.anchor, node);
      },
    });
  }

  /** The value of the whole document. Issues are in the order of the text. */
  read(contents: unknown): unknown {
    if (this.#targets.size > MAX_YAML_ALIASES) {
      const message = `at most ${MAX_YAML_ALIASES} aliases (\`*name\`) are possible: write what is alike as matrix or repetitions`;
      return this.#stop('too_many_aliases', message, [...this.#targets.keys()][MAX_YAML_ALIASES], []);
    }
    const value = this.#value(contents, []);
    this.issues.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
    return value;
  }

  #value(node: unknown, path: Path): unknown {
    if (this.#isTooMuch(node, path)) return null;
    if (isAlias(node)) return this.#resolved(node, path, (target) => this.#value(target, path));
    if (isMap(node)) {
      this.#checkTag(node, path);
      return Object.fromEntries(this.#object(node, path));
    }
    if (isSeq(node)) {
      this.#checkTag(node, path);
      return node.items.map((item, index) => this.#value(item, [...path, index]));
    }
    if (isScalar(node)) return this.#scalar(node, path);
    if (node !== null && node !== undefined) return null;
    this.sources.set(formatPath(path), '');
    return null;
  }

  /** @param taken - names that are known already, from what this is merged into; those of this object are added */
  #object(map: YAMLMap, path: Path, taken: Set<string> = new Set()): Map<string, unknown> {
    const own = new Map<string, Pair>();
    for (const pair of map.items) {
      const name = isMergeKey(pair) ? undefined : this.#name(pair, path);
      if (name === undefined) continue;
      const first = own.get(name);
      if (name === '__proto__') this.#report('name_not_possible', PROTO, pair.key, [...path, name]);
      else if (first === undefined) own.set(name, pair);
      else {
        const message = `names must be unique, and "${shorten(name, 100)}" is there twice${this.#inLine(first.key)}`;
        this.#report('duplicate_key', message, pair.key, [...path, name]);
      }
    }
    // What the object says itself goes before what is merged into it, wherever either stands. One set for all that is merged
    // into each other: a copy for each would cost their number times their names.
    const mine = [...own].filter(([name]) => !taken.has(name));
    for (const [name] of mine) taken.add(name);
    const values = new Map<string, unknown>();
    for (const pair of map.items) {
      if (!isMergeKey(pair)) continue;
      const merged = this.#merged(pair.value, path, taken);
      // Each level of merges into merges hands on all of it.
      this.#values += merged.size;
      for (const [name, value] of merged) values.set(name, value);
    }
    for (const [name, pair] of mine) values.set(name, this.#value(pair.value, [...path, name]));
    return values;
  }

  /** The fields that `<<` brings along: of one map, or of a list of maps, where the first one that has a field counts. */
  #merged(node: unknown, path: Path, taken: Set<string>): ReadonlyMap<string, unknown> {
    if (this.#isTooMuch(node, path)) return new Map();
    if (isAlias(node)) return this.#resolved(node, path, (target) => this.#merged(target, path, taken)) ?? new Map();
    if (isMap(node)) {
      // Its names are looked at again for each use, also where all of them are taken.
      this.#values += node.items.length;
      return this.#object(node, path, taken);
    }
    const found = new Map<string, unknown>();
    if (isSeq(node) && node.items.every((item) => isAlias(item) || isMap(item))) {
      for (const item of node.items) {
        for (const [name, value] of this.#merged(item, path, taken)) found.set(name, value);
      }
      return found;
    }
    this.#report('merge_not_an_object', '"<<" takes an alias of an object (`<<: *base`) or a list of them', node, path);
    return found;
  }

  #resolved<T>(alias: Alias, path: Path, read: (target: unknown) => T): T | undefined {
    const target = this.#targets.get(alias);
    if (target === undefined) {
      this.#report('unknown_anchor', `there is no anchor "&${alias.source}" before this alias`, alias, path);
      return undefined;
    }
    if (this.#inside.has(target)) {
      this.#report('endless_alias', `"*${alias.source}" refers to the value that contains it`, alias, path);
      return undefined;
    }
    this.#inside.add(target);
    const value = read(target);
    this.#inside.delete(target);
    return value;
  }

  /** A name is a text, whatever it looks like: `1.10`, `0x1F` and `yes` are kept as they were written. */
  #name({ key }: Pair, path: Path): string | undefined {
    const node = isAlias(key) ? this.#targets.get(key) : key;
    if (isScalar(node) && node.value !== null)
      return node.type === Scalar.PLAIN && node.source !== undefined ? node.source : String(node.value);
    const what =
      node === null || isScalar(node)
        ? 'a name is missing here'
        : 'a name must be a plain text, not a list or an object';
    this.#report('complex_key', `${what}: write a text before the colon`, key, path);
    return undefined;
  }

  #scalar(node: Scalar, path: Path): unknown {
    this.#checkTag(node, path);
    const { value } = node;
    const source = node.type === Scalar.PLAIN || node.type === undefined ? (node.source ?? '') : undefined;
    if (typeof value === 'number') {
      if (source === undefined || String(value) === source) return value;
      const problem = numberProblem(source, value);
      if (problem === undefined) this.sources.set(formatPath(path), source);
      else this.#report(problem.code, problem.message, node, path);
    } else if ((typeof value === 'boolean' || value === null) && source !== undefined && String(value) !== source) {
      this.sources.set(formatPath(path), source);
    }
    return value;
  }

  #checkTag(node: { tag?: string }, path: Path): void {
    if (node.tag === undefined || CORE_TAGS.has(node.tag) || node.tag === '!') return;
    const shown = node.tag.replace('tag:yaml.org,2002:', '!!');
    this.#report(
      'tag_unknown',
      `the tag ${shown} has no meaning in a request: leave it out, or put the value in quotes`,
      node,
      path,
    );
  }

  /** Counts what is read, with what aliases and merges make of it: a few lines can stand for billions of values. */
  #isTooMuch(node: unknown, path: Path): boolean {
    if (this.#stopped) return true;
    if (++this.#values > MAX_VALUES) {
      const message = `there are more than ${MAX_VALUES} values, with those that aliases stand for: write what is alike as \`matrix\` or \`repetitions\`, or split it`;
      this.#stop('too_many_values', message, node, path);
    } else if (path.length > MAX_DEPTH) {
      const { message } = tooDeep(MAX_DEPTH, 'with its aliases');
      this.#stop('too_deep', message, node, path);
    }
    return this.#stopped;
  }

  #stop(code: string, message: string, node: unknown, path: Path): null {
    this.#report(code, message, node, path);
    this.#stopped = true;
    return null;
  }

  #report(code: string, message: string, node: unknown, path: Path): void {
    if (this.issues.length >= MAX_ISSUES || this.#stopped) return;
    this.issues.push({ ...this.#at(offsetOf(node), code, message), path: formatPath(path) });
  }

  #inLine(node: unknown): string {
    const { line } = this.#at(offsetOf(node), '', '');
    return line === null ? '' : `, first in line ${line}`;
  }
}

function offsetOf(node: unknown): number | undefined {
  return (node as { range?: [number, number, number] } | null)?.range?.[0];
}

/** `<<` in quotes is a name like any other. */
function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.type === Scalar.PLAIN && key.value === '<<';
}
