import { describe, expect, it } from 'vitest';
import { request } from '../contracts/request.ts';
import { formatPath, limitIssues, parseJson, parseWith } from './issues.ts';

const found = (value: unknown): Array<[string, string]> => {
  const result = parseWith(request, value);
  return result.ok ? [] : result.issues.map((issue) => [issue.path, issue.message]);
};
const onnx = { task_id: 'a', config: { model: 'm' } };

describe('issues are for people', () => {
  it.each([
    [
      'an unknown field near a known one',
      { tasks: [{ ...onnx, config: { model: 'm', itertions: 3 } }] },
      'tasks[0].config.itertions',
      'Did you mean "iterations"?',
    ],
    ['an unknown field near none', { tasks: [onnx], zzz: 1 }, 'zzz', 'Possible: request_id, name, source'],
    [
      'a config field in the task',
      { tasks: [{ ...onnx, batch_sizes: [1] }] },
      'tasks[0].batch_sizes',
      'it belongs in "config"',
    ],
    [
      'a requirement in the task',
      { tasks: [{ ...onnx, hardware: ['cpu'] }] },
      'tasks[0].hardware',
      'it belongs in "requirements"',
    ],
    [
      'a task field in the config',
      { tasks: [{ ...onnx, config: { model: 'm', repetitions: 3 } }] },
      'tasks[0].config.repetitions',
      'further up, beside "config"',
    ],
    ['a request field in the task', { tasks: [{ ...onnx, matrix: {} }] }, 'tasks[0].matrix', 'it belongs at the top'],
    [
      'a command without its executor',
      { tasks: [{ task_id: 'a', config: { command: ['x'] } }] },
      'tasks[0].config.command',
      'only with executor: command',
    ],
    [
      'an unknown executor',
      { tasks: [{ task_id: 'a', executor: 'onx' }] },
      'tasks[0].executor',
      'use one of onnx, torch, command, noop, quantize, export, openvino, imported, plugin. Did you mean "onnx"?',
    ],
    [
      'a wrong choice',
      { tasks: [{ ...onnx, placement: 'all' }] },
      'tasks[0].placement',
      'is the text "all": use one of any, each',
    ],
    ['something missing', { tasks: [{ config: { model: 'm' } }] }, 'tasks[0].task_id', 'is missing: it takes a text'],
    [
      'a wrong type',
      { tasks: [{ ...onnx, config: { model: 'm', batch_sizes: '1' } }] },
      'tasks[0].config.batch_sizes',
      'takes a list, but this is the text "1"',
    ],
    [
      'a wrong type of several',
      { tasks: [onnx], source: { pull_request: true } },
      'source.pull_request',
      'takes a number or a text, but this is true',
    ],
    ['no object at all', 3, '(message)', 'takes an object, but this is 3'],
    ['a list', [], '(message)', 'but this is a list'],
    ['a bad id', { tasks: [{ ...onnx, task_id: 'a b' }] }, 'tasks[0].task_id', '1 to 128 characters'],
  ])('%s', (_, value, path, text) => {
    expect(found(value)).toContainEqual([path, expect.stringContaining(text)]);
  });

  it('names every mistake', () => {
    expect(
      found({ nme: 'x', priority: 101, tasks: [{ task_id: '', config: {} }] })
        .map(([path]) => path)
        .toSorted(),
    ).toEqual(['nme', 'priority', 'tasks[0].config.model', 'tasks[0].task_id']);
  });

  it('reads JSON or says why not', () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    expect(parseJson(request, bytes('{"tasks":'))).toMatchObject({ ok: false, issues: [{ code: 'invalid_json' }] });
    expect(parseJson(request, new Uint8Array([0xff, 0xfe]))).toMatchObject({
      ok: false,
      issues: [{ code: 'invalid_json' }],
    });
    expect(parseJson(request, bytes(JSON.stringify({ tasks: [onnx] }))).ok).toBe(true);
  });

  it('limits how many there are, and says how many more', () => {
    const issues = Array.from({ length: 250 }, (_, i) => ({ path: `p${i}`, code: 'c', message: 'm' }));
    expect(limitIssues(issues)).toHaveLength(50);
    expect(limitIssues(issues).at(-1)?.message).toContain('201 more');
    expect(limitIssues(issues.slice(0, 50))).toEqual(issues.slice(0, 50));
    const [long] = limitIssues([{ path: 'p'.repeat(1e6), code: 'c', message: 'm'.repeat(1e6) }]);
    expect((long?.path.length ?? 0) + (long?.message.length ?? 0)).toBeLessThan(3000);
  });

  it('formats paths', () => {
    expect(formatPath(['tasks', 0, 'config', 'batch_sizes', 1])).toBe('tasks[0].config.batch_sizes[1]');
    expect(formatPath([])).toBe('(message)');
  });
});
