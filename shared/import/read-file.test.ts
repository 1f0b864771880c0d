import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expand } from '../contracts/expand.ts';
import { request } from '../contracts/request.ts';
import type { ImportedFile } from './format.ts';
import { IMPORT_FORMAT_NAMES, IMPORT_FORMATS } from './formats.ts';
import { ImportError } from './import-error.ts';
import { importRequests } from './import-requests.ts';
import { inputOf, readImportFile } from './read-file.ts';

const FOLDER = join(import.meta.dirname, '../../test/fixtures/imports');
const FIXTURES = readdirSync(FOLDER).filter((file) => !file.endsWith('.md'));
const bytesOf = (file: string): Buffer => readFileSync(join(FOLDER, file));
const read = (file: string): ImportedFile => readImportFile({ file, bytes: bytesOf(file), format: 'auto' });
const readText = (text: string, format = 'auto'): ImportedFile =>
  readImportFile({ file: 'f', bytes: new TextEncoder().encode(text), format });

/** A fixture is named after its format, with a word more where there are several. */
const formatOf = (file: string): string =>
  IMPORT_FORMAT_NAMES.toSorted((a, b) => b.length - a.length).find((name) => file.startsWith(name)) ?? 'none';

describe('every fixture', () => {
  it.each(FIXTURES)('%s is found to be what it is, and makes requests that ingest takes', (file) => {
    const found = read(file);
    expect(found.format).toBe(formatOf(file));
    for (const each of importRequests(found)) {
      const parsed = request.safeParse(each);
      expect(parsed.error?.issues).toBeUndefined();
      if (parsed.success) expect(expand(parsed.data)).toMatchObject({ ok: true });
    }
    // What no number says has to be said in another way.
    const values = found.benchmarks.flatMap(({ metrics }) => Object.values(metrics));
    for (const { values: single, summary } of values)
      expect((single === undefined) !== (summary === undefined)).toBe(true);
  });

  it('there is one of every format', () => {
    // Only their users know which way is better.
    const asked = ['custom-smaller-is-better', 'custom-bigger-is-better'];
    expect(new Set([...FIXTURES.map(formatOf), ...asked])).toEqual(new Set(IMPORT_FORMAT_NAMES));
  });

  it('is recognised by one format only', () => {
    for (const file of FIXTURES) {
      const input = inputOf(file, bytesOf(file));
      const names = IMPORT_FORMATS.filter((format) => format.detect(input)).map(({ name }) => name);
      expect(names, file).toHaveLength(1);
    }
  });
});

describe('a mutated file', () => {
  it('gives a result that the contract takes, or an error that names the file', () => {
    const mutation = fc.record({
      file: fc.constantFrom(...FIXTURES),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat(40),
      put: fc.oneof(
        fc.constantFrom('null', 'NaN', '-Infinity', '""', '{}', '[]', '1e999', '\u0000', '"', '<', '[[[['),
        fc.string({ maxLength: 12 }),
      ),
      ends: fc.boolean(),
    });
    fc.assert(
      fc.property(mutation, ({ file, at, cut, put, ends }) => {
        const text = bytesOf(file).toString();
        const from = Math.floor(at * text.length);
        const mutated = ends ? text.slice(0, from) + put : text.slice(0, from) + put + text.slice(from + cut);
        for (const format of ['auto', formatOf(file)]) expectResultOrError(mutated, format);
      }),
      { numRuns: 600 },
    );
  });

  it('with any value of its JSON replaced does so, too', () => {
    const files = FIXTURES.filter((file) => file.endsWith('.json'));
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.nat(), fc.jsonValue(), (file, place, value) => {
        const text = bytesOf(file).toString();
        let json: unknown;
        try {
          json = JSON.parse(text);
        } catch {
          return;
        }
        const places = placesIn(json);
        const [owner, key] = places[place % places.length] as [Record<string, unknown>, string];
        owner[key] = value;
        for (const format of ['auto', formatOf(file)]) expectResultOrError(JSON.stringify(json), format);
      }),
      { numRuns: 600 },
    );
  });
});

function placesIn(value: unknown): Array<[Record<string, unknown>, string]> {
  if (typeof value !== 'object' || value === null) return [];
  const owner = value as Record<string, unknown>;
  return Object.keys(owner).flatMap(
    (key) => [[owner, key], ...placesIn(owner[key])] as Array<[Record<string, unknown>, string]>,
  );
}

function expectResultOrError(text: string, format: string): void {
  let file: ImportedFile;
  try {
    file = readText(text, format);
  } catch (error) {
    expect(error).toBeInstanceOf(ImportError);
    expect(String(error)).not.toMatch(/could not be read as|undefined|\[object/);
    expect(String(error)).toContain('f');
    return;
  }
  for (const each of importRequests(file)) expect(request.safeParse(each).error?.issues).toBeUndefined();
}

describe('odd files', () => {
  it.each([
    ['', 'auto', /f: is empty/],
    ['hello', 'auto', /f, line 1: is in none of the formats/],
    ['{"a": {"b": ', 'auto', /f, line 1: is not complete JSON .* interrupted/],
    ['{}', 'hyprfine', /no format "hyprfine": did you mean hyperfine/],
    ['{"results": []}', 'hyperfine', /has no results to import, read as hyperfine/],
    ['{"results": [{"command": null, "times": [1]}]}', 'hyperfine', /results without a name were left out/],
    ['{"a": {"latency": {"value": null}}}', 'bencher', /finite numbers \(null, NaN, Infinity\)/],
  ])('%s as %s', (text, format, message) => expect(() => readText(text, format)).toThrow(message));

  it('a name that comes again is a repeated measurement, and said so', () => {
    const file = readText('{"results": [{"command": "x", "times": [1, 2]}, {"command": "x", "times": [3]}]}');
    expect(file.benchmarks).toMatchObject([{ name: 'x', metrics: { wall_time: { values: [1, 2, 3] } } }]);
    expect(file.notes.join()).toContain('repeated measurements');
  });

  it('values that are no numbers are left out, and said so', () => {
    const file = readText('{"results": [{"command": "x", "times": [1, NaN, null, Infinity, 2]}]}');
    expect(file.benchmarks[0]?.metrics.wall_time?.values).toEqual([1, 2]);
    expect(file.notes.join()).toContain('finite numbers');
  });

  it('so many values that they are not kept become a summary with their number', () => {
    const times = Array.from({ length: 20_000 }, (_, at) => at);
    const file = readText(JSON.stringify({ results: [{ command: 'x', times }] }));
    const metric = file.benchmarks[0]?.metrics.wall_time;
    expect(metric?.summary).toMatchObject({ statistic: 'median', count: 20_000, min: 0, max: 19_999 });
  });

  it('more benchmarks than an import takes are refused', () => {
    const many = Array.from({ length: 100_001 }, (_, at) => `BenchmarkX/n=${at}-2 10 1 ns/op`).join('\n');
    expect(() => readText(many)).toThrow(/more than 100000 benchmarks.*split the file/);
  });

  it('a large file becomes several requests, each below the size of a message', () => {
    const many = Array.from({ length: 45_000 }, (_, at) => `BenchmarkX/n=${at}-2 10 1 ns/op`).join('\n');
    const requests = importRequests(readText(many));
    expect(requests.map(({ tasks }) => tasks.length).reduce((a, b) => a + b)).toBe(45_000);
    for (const each of requests) expect(JSON.stringify(each).length).toBeLessThan(7_000_000);
    expect(importRequests(readText(many))).toEqual(requests);
  });
});

describe('the source', () => {
  const file = read('pytest-benchmark.json');
  const commit = file.source.commit as string;

  it('is the user’s, then the file’s, and the surroundings’ only for the same commit', () => {
    const around = { commit, branch: 'topic', position: 7 };
    expect(importRequests(file, { fallback_source: around })[0]?.source).toMatchObject({ commit, position: 7 });
    expect(importRequests(file, { fallback_source: { ...around, commit: 'other' } })[0]?.source).not.toHaveProperty(
      'position',
    );
    expect(importRequests(file, { source: { commit: 'mine' } })[0]?.source).toEqual({ commit: 'mine' });
    const bare = read('hyperfine.json');
    expect(importRequests(bare, { fallback_source: around })[0]?.source).toEqual(around);
    expect(importRequests(bare)[0]).not.toHaveProperty('source');
  });

  it('a device that the user names is all there is to it', () => {
    const [task] = importRequests(file, { device: 'lab-1' })[0]?.tasks ?? [];
    const config = (task as { config?: unknown } | undefined)?.config;
    expect(config).toMatchObject({ device: 'lab-1' });
    expect(config).not.toHaveProperty('identity');
  });
});
