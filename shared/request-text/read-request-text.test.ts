import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSubmission } from '../contracts/check-submission.ts';
import { readRequest, readRequestText } from './read-request-text.ts';

type Format = 'json' | 'yaml' | undefined;
function contentOf(text: string, format?: Format): unknown {
  const read = readRequest(text, format);
  if (!read.ok) throw new Error(JSON.stringify(read.issues));
  return read.value.value;
}
/** Codes and messages of what is wrong, of the text or of the request in it. */
function wrong(text: string | Uint8Array, format?: Format): string {
  const read = readRequest(text, format);
  if (!read.ok) return read.issues.map(({ path, code, message }) => `${path} ${code}: ${message}`).join('\n');
  const checked = checkSubmission(read.value);
  return checked.ok ? '' : checked.issues.map(({ path, message }) => `${path}: ${message}`).join('\n');
}
const task = (fields: string): string => `task_id: a\nexecutor: noop\n${fields}\n`;
const request = (fields: string): string => `${fields}\ntasks: [{ task_id: a, executor: noop }]\n`;

describe('merge keys', () => {
  const base = 'base: &b { p: 1, q: { r: 2 } }\nmore: &m { p: 5, s: 3 }\n';
  it.each([
    ['of one object, in a block', `${base}x:\n  <<: *b\n  t: 1\n`, { p: 1, q: { r: 2 }, t: 1 }],
    ['whose fields are written before it', `${base}x:\n  p: 9\n  <<: *b\n`, { p: 9, q: { r: 2 } }],
    ['whose fields are written behind it, in flow style', `${base}x: { <<: *b, p: 9 }\n`, { p: 9, q: { r: 2 } }],
    ['of a list, of which the first counts', `${base}x: { <<: [*m, *b] }\n`, { p: 5, s: 3, q: { r: 2 } }],
    ['that stand twice', `${base}x:\n  <<: *b\n  <<: *m\n`, { p: 1, q: { r: 2 }, s: 3 }],
    ['of an object in place', 'x: { <<: { a: 1 }, b: 2 }\n', { a: 1, b: 2 }],
    ['of what merges itself', `${base}n: &n { <<: *b, u: 7 }\nx: { <<: *n, p: 0 }\n`, { p: 0, q: { r: 2 }, u: 7 }],
    ['in quotes are a name', 'x: { "<<": 1 }\n', { '<<': 1 }],
  ])('%s', (_, text, expected) => {
    expect((contentOf(text) as { x: unknown }).x).toEqual(expected);
  });

  it('take objects only, and end', () => {
    expect(wrong('x: { <<: 5 }')).toMatch(/x merge_not_an_object: line 1, column 10: .*\*base/);
    expect(wrong('a: &a { <<: *a }')).toMatch(/endless_alias/);
    expect(wrong('a: &a [*a]')).toMatch(/endless_alias/);
    expect(wrong('a: *nobody')).toMatch(/unknown_anchor: .*"&nobody"/);
  });

  it('cannot make billions of a few lines', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i}: &l${i} [${Array(10).fill(i === 0 ? 'x' : `*l${i - 1}`)}]`,
    );
    expect(wrong(levels.join('\n'))).toMatch(/too_many_values: /);
    const merged = Array.from(
      { length: 40 },
      (_, i) => `m${i}: &m${i} { ${i === 0 ? 'x: 1' : `<<: [*m${i - 1}, *m${i - 1}]`} }`,
    );
    expect(wrong(merged.join('\n'))).toMatch(/too_many_values: /);
  });
});

describe('what YAML would read otherwise than it is written', () => {
  it.each([
    ['a hash like a float', request('source: { commit: 12e5678 }'), /number_changed: .*12e5678.*in quotes/],
    [
      'a hash like a large number',
      request('source: { commit: 98765432109876543210 }'),
      /98765432109876543210 has more digits.*in quotes/,
    ],
    [
      'a hash of digits',
      request('source: { commit: 1234567 }'),
      /source\.commit: takes a text, but this is 1234567: put it in quotes, "1234567"/,
    ],
    [
      'a version',
      request('source: { branch: 1.10 }'),
      /source\.branch: takes a text, but this is 1\.10: put it in quotes, "1\.10"/,
    ],
    [
      'a hex number',
      request('tags: { build: 0x1F }'),
      /tags\.build: takes a text, but this is 0x1F: put it in quotes, "0x1F"/,
    ],
    ['an exponent', request('tags: { build: 1e3 }'), /but this is 1e3: put it in quotes, "1e3"/],
    [
      'a leading zero',
      request('tags: { day: 012 }'),
      /tags\.day number_ambiguous: .*012 has a leading zero.*Write 12, or put it in quotes/,
    ],
    ['a leading zero for a number', request('priority: 012'), /number_ambiguous/],
    ['true', request('tags: { on: True }'), /tags\.on: takes a text, but this is True: put it in quotes, "True"/],
    ['nothing', request('name:'), /name: has no value: it takes a text/],
    ['a tilde', request('name: ~'), /name: takes a text, but this is ~$/m],
    ['infinity', task('config: { value: .inf }'), /config\.value number_changed: .*\.inf is not a JSON number/],
    ['no number', task('config: { value: .NaN }'), /\.NaN is not a JSON number/],
    [
      'yes for true',
      'task_id: a\nconfig: { model: m }\nskip_if_fresh: yes\n',
      /skip_if_fresh: takes true or false or an object, but this is the text "yes": write true/,
    ],
    [
      'a number with underscores',
      request('priority: 1_0'),
      /priority: takes a number, but this is the text "1_0": write 10, without quotes/,
    ],
    ['a number in quotes', request('priority: "10"'), /write 10, without quotes/],
    [
      'a value of the matrix',
      `matrix: { config.env.V: [a, 1.10] }\ntasks: [{ task_id: a, executor: command, config: { command: [x] } }]`,
      /config\.env\.V=1\.10: takes a text, but this is 1\.10: put it in quotes, "1\.10"/,
    ],
    ['of YAML 1.1', `%YAML 1.1\n---\n${request('name: yes')}`, /yaml_1_1: .*%YAML 1\.1/],
    ['a tag of its own', request('name: !env NAME'), /tag_unknown: .*!env/],
    ['bytes', request('name: !!binary aGk='), /tag_unknown: .*!!binary/],
    ['a list as a name', '? [a]\n: 1\n', /complex_key: .*must be a plain text/],
    ['no name', ': 1\n', /complex_key: .*name is missing/],
  ])('%s is shown as written, with what to do', (_, text, expected) => {
    expect(wrong(text)).toMatch(expected);
  });

  it.each([
    [
      'yes, no, on and dates are texts',
      'tags: { a: yes, b: no, c: on, d: 2026-11-22, e: 12:30, f: 1_000 }',
      { tags: { a: 'yes', b: 'no', c: 'on', d: '2026-11-22', e: '12:30', f: '1_000' } },
    ],
    ['a tag makes a text', 'branch: !!str 1.10', { branch: '1.10' }],
    [
      'names are as they were written',
      '{ 1.10: a, 0x1F: b, 12e5678: c, 012: d, true: e, 1_0: f, "x:0": g, /conv/w 1: h }',
      { '1.10': 'a', '0x1F': 'b', '12e5678': 'c', '012': 'd', true: 'e', '1_0': 'f', 'x:0': 'g', '/conv/w 1': 'h' },
    ],
    [
      'numbers stay numbers',
      'a: [0x10, 1e3, 1.50, -7, .5, 9007199254740991]',
      { a: [16, 1000, 1.5, -7, 0.5, 9007199254740991] },
    ],
  ])('%s', (_, text, expected) => {
    expect(contentOf(text)).toEqual(expected);
  });
});

describe('JSON', () => {
  it.each([
    [
      'a name that stands twice',
      '{"tasks": [],\n "name": "a", "name": "b"}',
      /name duplicate_key: line 2, column 15: .*"name" is there twice/,
    ],
    ['one that is escaped the second time', '{"tasks": [{"a": 1, "\\u0061": 2}]}', /tasks\[0\]\.a duplicate_key/],
    [
      'a large whole number',
      '{"a": [9007199254740993]}',
      /a\[0\] number_changed: .*9007199254740993 has more digits.*9007199254740992/,
    ],
    ['a large number', '{"a": 1e400}', /1e400 is larger than any number/],
    ['a small number', '{"a": 1e-400}', /1e-400 is so small/],
    [
      'a number for a text',
      '{"name": 1.10, "tasks": [{"task_id": "a", "executor": "noop"}]}',
      /name: takes a text, but this is 1\.10: put it in quotes, "1\.10"/,
    ],
    ['a name that is lost in JavaScript', '{"tags": {"__proto__": "x"}}', /tags\.__proto__ name_not_possible/],
    ['a merge key', '{"<<": {"a": 1}, "tasks": [{"task_id": "a", "executor": "noop"}]}', /there is no field "<<" here/],
    ['a comma too many', '{"tasks": [1,]}', /invalid_json: line 1, column 14: not JSON: /],
    ['its end missing', '{"tasks": ', /invalid_json: not JSON/],
    ['neither JSON nor a request', 'nonsense', /invalid_json: /],
    ['nothing', ' \n', /empty: /],
    ['bytes', new Uint8Array([8, 7, 0xff, 0xfe]), /invalid_json: .*not UTF-8 text/],
  ])('%s', (_, text, expected) => {
    expect(wrong(text)).toMatch(expected);
  });

  it('is told as strictly in YAML', () => {
    expect(wrong('a: 1\n1: x\n"1": y\n')).toMatch(/1 duplicate_key: line 3, column 1: /);
    expect(wrong('a: 1\n---\nb: 2\n')).toMatch(/several_documents/);
    expect(wrong('a: 1\n\tb: 2\n')).toMatch(/invalid_yaml: line 2/);
    expect(wrong('{__proto__: 1}')).toMatch(/name_not_possible/);
    expect(wrong('# nothing\n')).toMatch(/empty/);
  });

  it('and YAML in braces are told apart', () => {
    expect(contentOf('{ task_id: a, executor: noop }')).toEqual({ task_id: 'a', executor: 'noop' });
    expect(wrong('{ "task_id": a }')).toMatch(/invalid_json/);
    expect(contentOf('\uFEFF{"a": 1}')).toEqual({ a: 1 });
  });

  it('that is nested too deeply is refused, in any format', () => {
    for (const depth of [70, 20_000, 120_000]) {
      expect(wrong('['.repeat(depth) + ']'.repeat(depth))).toMatch(/too_deep/);
      expect(wrong(`a: ${'['.repeat(depth)}${']'.repeat(depth)}`)).toMatch(/too_deep/);
    }
  });

  it('is YAML only up to a size, since reading that takes long', () => {
    expect(wrong(`a: ${'x'.repeat(300_000)}`)).toMatch(/too_large: YAML may have 262144 bytes/);
  });

  it('is read like JSON.parse reads it, whatever the texts in it', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '{', '],', '1e400', '\\"x'));
    const name = text.filter((each) => each !== '__proto__');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(fc.record({ a: tree }), fc.constantFrom(undefined, 1), (value, indent) => {
        expect(contentOf(JSON.stringify(value, null, indent), 'json')).toEqual(value);
      }),
    );
  });

  it('and YAML mean the same to the reader', () => {
    const name = fc.string({ unit: 'grapheme-ascii' }).filter((each) => each !== '__proto__');
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.oneof(fc.string({ unit: 'grapheme-ascii' }), fc.integer(), fc.boolean())),
        (value) => {
          const text = JSON.stringify(value);
          expect(readRequestText(text, 'yaml')).toMatchObject({ ok: true, written: { value } });
        },
      ),
    );
  });
});
