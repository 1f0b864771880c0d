import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '../errors.ts';
import { checkRequest } from './check-request.ts';
import { parseRequest } from './read-request.ts';

function linesOf(name: string, text: string | Uint8Array): readonly string[] {
  try {
    checkRequest(parseRequest(name, typeof text === 'string' ? new TextEncoder().encode(text) : text));
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.lines;
    throw error;
  }
  return [];
}

describe('a wrong request is told with its place', () => {
  it.each([
    [
      'an unknown field',
      'a.yaml',
      'tasks:\n  - task_id: a\n    config: { model: m, iteratons: 3 }\n',
      /^a\.yaml:3:25: tasks\[0\]\.config\.iteratons: .*"iterations"/,
    ],
    [
      'a wrong type',
      'a.yaml',
      'tasks:\n  - task_id: a\n    config:\n      model: m\n      batch_sizes: [1, x]\n',
      /^a\.yaml:5:24: tasks\[0\]\.config\.batch_sizes\[1\]: /,
    ],
    [
      'a missing field',
      'a.yaml',
      'name: n\ntasks:\n  - config: { model: m }\n',
      /^a\.yaml:3:5: tasks\[0\]\.task_id: is missing/,
    ],
    [
      'a key with dots',
      'a.yaml',
      'tasks: [{ task_id: a, executor: noop }]\nmatrix:\n  config.sleep_ms: [1, a]\n',
      /^a\.yaml:1:\d+: tasks\[0\]\.config\.sleep_ms: with the matrix values/,
    ],
    [
      'a cycle',
      'a.yaml',
      'tasks:\n  - { task_id: a, executor: noop, depends_on: [b] }\n  - { task_id: b, executor: noop, depends_on: [a] }\n',
      /circle: a -> b -> a/,
    ],
    [
      'a huge matrix',
      'a.yaml',
      `tasks: [{ task_id: a, executor: noop }]\nmatrix:\n  config.value: [${Array.from({ length: 1000 }, (_, i) => i)}]\n  config.sleep_ms: [${Array.from({ length: 1000 }, (_, i) => i)}]\n`,
      /1000000 cells/,
    ],
    ['a single task', 'a.json', '{"task_id": "a",\n "config": {"model": 5}}', /^a\.json:2:22: config\.model: /],
    ['malformed JSON', 'a.json', '{"tasks": [ {"task_id": "a",} ]}', /^a\.json:1:29: not JSON: .*double-quoted/],
    ['JSON on stdin', '(stdin)', '{"tasks": ', /not JSON/],
    ['malformed YAML', 'a.yaml', 'tasks: [1\nb: 2', /^a\.yaml:2:1: /],
    ['a duplicate key', 'a.yaml', 'name: a\nname: b\n', /^a\.yaml:2:1: .*unique.*line 1/],
    ['a list as a key', 'a.yaml', '? [a, b]\n: c\n', /^a\.yaml:1:3: .*plain text/],
    ['brackets without end', 'a.yaml', '['.repeat(100_000), /^a\.yaml:1:65: .*more than 64 deep/],
    ['lists in lists', 'a.yaml', `a: 1\nb:\n  ${'- '.repeat(100_000)}x`, /^a\.yaml:3:\d+: .*more than 64 deep/],
    ['deep JSON', 'a.json', '{"a":'.repeat(500_000), /more than 64 deep/],
    ['a bracket that closes nothing', 'a.yaml', 'a: 1\nb: [1]]\n', /^a\.yaml:2:7: /],
    ['two documents', 'a.yaml', 'a: 1\n---\nb: 2\n', /one request per file/],
    ['nothing', 'a.yaml', ' \n', /empty/],
    ['only a comment', 'a.yaml', '# hello\n', /object|comments/],
    ['a list', 'a.yaml', '- 1\n', /list/],
    ['bytes', 'a.onnx', new Uint8Array([8, 7, 0xff, 0xfe]), /not UTF-8 text/],
  ])('%s', (_, name, text, expected) => {
    expect(linesOf(name, text).join('\n')).toMatch(expected);
  });

  it('tells all issues, in the order of the file', () => {
    const lines = linesOf('a.yaml', 'nmae: x\ntasks:\n  - task_id: "a b"\n    executor: noop\n    foo: 1\n');
    expect(lines.map((line) => line.split(': ')[0])).toEqual(['a.yaml:1:1', 'a.yaml:3:14', 'a.yaml:5:5']);
  });

  it('stops at fifty lines, and says last how many more there are', () => {
    const tasks = Array.from({ length: 200 }, () => '  - 1').join('\n');
    const lines = linesOf('a.yaml', `tasks:\n${tasks}\n`);
    expect(lines).toHaveLength(50);
    expect(lines.at(-1)).toMatch(/^and 151 more/);
    expect(lines[0]).toMatch(/^a\.yaml:2:5: /);
  });
});

it('takes a request as YAML and as JSON, and a single task', () => {
  const written = (name: string, text: string) => checkRequest(parseRequest(name, new TextEncoder().encode(text)));
  expect(written('a.yaml', 'tasks: [{ task_id: a, executor: noop, repetitions: 3 }]').tasks).toHaveLength(3);
  expect(written('(stdin)', '{"tasks": [{"task_id": "a", "executor": "noop"}]}').tasks).toHaveLength(1);
  expect(written('t.json', '{"task_id": "a", "config": {"model": "m"}}').request.tasks[0]).toMatchObject({
    task_id: 'a',
    executor: 'onnx',
  });
});
