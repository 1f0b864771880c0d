import type { MetricColumns } from '@benchwire/shared/contracts/metrics.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { LineSplitter, MAX_LINE_BYTES } from '@benchwire/shared/runtime/line-splitter.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLine } from './metric-line.ts';
import { ProgramOutput } from './output.ts';

describe('lines', () => {
  it('come out whole, however the stream was cut', () => {
    const text = fc.array(fc.string({ unit: 'grapheme' }).filter((line) => !/[\n\r]/.test(line)));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 7 }), (lines, size) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const splitter = new LineSplitter();
        const found = [];
        for (let at = 0; at < bytes.length; at += size) found.push(...splitter.push(bytes.subarray(at, at + size)));
        expect([...found, ...splitter.end()].map((line) => line.text)).toEqual(lines);
      }),
    );
  });

  it('that are too long are cut once, and the next one is whole again', () => {
    const splitter = new LineSplitter();
    const chunk = Buffer.alloc(300_000, 'x');
    const found = Array.from({ length: 8 }, () => splitter.push(chunk)).flat();
    found.push(...splitter.push(Buffer.from('\nnext\r\nrest')), ...splitter.end());
    expect(found.map((line) => [line.text.length, line.cut])).toEqual([
      [65_536, true],
      [4, false],
      [4, false],
    ]);
    const inOneChunk = new LineSplitter().push(Buffer.from(`${'y'.repeat(MAX_LINE_BYTES + 1)}\nz\n`));
    expect(inOneChunk.map((line) => line.cut)).toEqual([true, false]);
  });
});

describe('a line of output', () => {
  it.each([
    ['hello', 'text'],
    ['{', 'text'],
    ['{"a":1}', 'text'],
    ['[{"metric":"a","value":1}]', 'point'],
    ['{"metric":"a","value":1}', 'point'],
    ['  {"metric":"a","value":-1.5e3,"unit":"ms","step":3,"more":{}}', 'point'],
    ['{"metric":"a","value":1,"unit":null}', 'point'],
    ['{"metric":"a"}', 'invalid'],
    ['{"metric":"a","value":"1"}', 'invalid'],
    ['{"metric":"a","value":null}', 'invalid'],
    ['{"metric":"","value":1}', 'invalid'],
    ['{"metric":7,"value":1}', 'invalid'],
    ['{"metric":"a","value":1e999}', 'invalid'],
    ['{"metric":"a","value":NaN}', 'invalid'],
    [`{"metric":"a","value":1,"unit":"${'m'.repeat(33)}"}`, 'invalid'],
    ['{"metric":"a","value":1', 'invalid'],
  ])('%s is %s', (line, kind) => {
    const { points, issues } = parseLine(line);
    expect(issues.length > 0 ? 'invalid' : points.length > 0 ? 'point' : 'text').toBe(kind);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => void parseLine(line)));
  });
});

describe('the output of a program', () => {
  function collect(max_bytes = 1e6) {
    const points: MetricColumns[] = [];
    const logs: string[] = [];
    const rejected: string[] = [];
    const failures: TaskError[] = [];
    const output = new ProgramOutput({
      context: { emit: async (columns) => void points.push(columns), log: (line) => void logs.push(line) },
      max_bytes,
      reject: async (raw) => void rejected.push(raw),
      onFailure: (error) => failures.push(error),
    });
    return { output, points, logs, rejected, failures };
  }

  it('merges the points of a chunk per metric, and sums them up', async () => {
    const { output, points } = collect();
    const lines = [1, 2, 3, 4].map((value) => `{"metric":"${value % 2 ? 'odd' : 'even'}","value":${value}}\n`);
    await output.take('stdout', Buffer.from(lines.join('')));
    expect(points.map((columns) => [columns.metric, columns.values])).toEqual([
      ['odd', [1, 3]],
      ['even', [2, 4]],
    ]);
    expect(output.summary.results()?.odd).toEqual({
      value: 2,
      unit: null,
      ci_low: null,
      ci_high: null,
      min: 1,
      max: 3,
      samples: 2,
    });
  });

  it('keeps the first unreadable metric lines only, and counts the rest', async () => {
    const { output, rejected } = collect();
    await output.take('stdout', Buffer.from('{"metric":"a","value":NaN}\n'.repeat(100)));
    expect(rejected).toHaveLength(20);
    expect(output.notes()).toHaveLength(4);
    expect(output.notes().at(-1)).toContain('97 more');
  });

  it('cuts long text, but fails for a long metric line', async () => {
    const text = collect(1e8);
    await text.output.take('stdout', Buffer.from(`${'x'.repeat(MAX_LINE_BYTES + 1)}\n`));
    expect(text.failures).toEqual([]);
    expect(text.logs[0]).toContain('cut');
    const metric = collect(1e8);
    await metric.output.take('stdout', Buffer.from(`{"metric":"${'x'.repeat(MAX_LINE_BYTES)}","value":1}\n`));
    expect(metric.failures).toMatchObject([{ code: 'METRIC_LINE_TOO_LONG' }]);
    expect(metric.rejected).toHaveLength(1);
  });

  it('fails once for too much of it', async () => {
    const { output, failures } = collect(10);
    for (let i = 0; i < 5; i++) await output.take('stderr', Buffer.from('12345\n'));
    expect(failures).toMatchObject([{ code: 'OUTPUT_TOO_LARGE' }]);
  });
});
