import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LineSplitter, MAX_LINE_BYTES } from '@benchwire/shared/runtime/line-splitter.ts';
import { expect, onTestFinished, test } from 'vitest';
import { readableLine } from './child.ts';
import { LogFile, lastLines } from './log-file.ts';
import { logPrinter } from './terminal.ts';

function split(...chunks: (string | Buffer)[]): string[] {
  const splitter = new LineSplitter();
  const lines = chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk)));
  return [...lines, ...splitter.end()].map(({ text }) => text);
}

test('lines come out whole, however the bytes arrive', () => {
  expect(split('one\ntw', 'o\r\n\nlast')).toEqual(['one', 'two', '', 'last']);
  const bytes = Buffer.from('größe\n');
  expect(split(bytes.subarray(0, 3), bytes.subarray(3))).toEqual(['größe']);
});

test('a line without an end is cut and not kept', () => {
  const half = 'x'.repeat(MAX_LINE_BYTES / 2);
  expect(split(half, half, '\nnext\n').map((line) => line.length)).toEqual([MAX_LINE_BYTES, 4]);
  expect(split(half, half, 'more', half, '\nnext\n').map((line) => line.length)).toEqual([65_536, 4]);
});

test('a log that grew too long starts anew and keeps the previous one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'benchwire-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'a.log');
  writeFileSync(path, 'x'.repeat(16 * 1024 * 1024));
  const log = new LogFile(path);
  log.append('');
  log.append('first of the new one');
  log.append('second');
  expect(readFileSync(path, 'utf8')).toBe('first of the new one\nsecond\n');
  expect(readFileSync(`${path}.1`, 'utf8')).toHaveLength(16 * 1024 * 1024 + 1);
  expect(lastLines(path, 1)).toEqual(['second']);
  expect(lastLines(join(folder, 'none.log'), 1)).toEqual([]);
});

test('outside a terminal JSON lines pass as they are, and others become JSON', () => {
  let out = '';
  const print = logPrinter((text) => {
    out += text;
  }, false);
  print({ service: 'worker-1', line: '{"msg":"hello"}' });
  print({ service: 'stack', line: 'worker-1: exit code 1' });
  const [first, second = ''] = out.split('\n');
  expect(first).toBe('{"msg":"hello"}');
  expect(JSON.parse(second)).toMatchObject({ service: 'stack', msg: 'worker-1: exit code 1' });
});

test('in a terminal every line has its service in front', () => {
  let out = '';
  logPrinter((text) => {
    out += text;
  }, true)({ service: 'worker-1', line: 'hello' });
  expect(out).toMatch(/worker-1 {5}\|.* hello\n$/);
});

test.each([
  [
    '{"level":60,"err":{"message":"insufficient storage","stack":"x"},"msg":"could not start"}',
    ['could not start: insufficient storage'],
  ],
  ['{"level":30,"msg":"ready"}', ['ready']],
  ['    at file:///x.ts:1:2', []],
  ['Error: out of fuel', ['Error: out of fuel']],
])('a last line is shown as text: %s', (line, shown) => expect(readableLine(line)).toEqual(shown));

test.skipIf(process.platform !== 'linux')('a log that has no room leaves lines out and says how many', () => {
  // Writing there always fails with "no space left on device".
  const log = new LogFile('/dev/full');
  for (const line of ['one', 'two']) log.append(line);
  const path = join(mkdtempSync(join(tmpdir(), 'benchwire-log-')), 'x.log');
  Object.assign(log, { path });
  log.append('three');
  expect(readFileSync(path, 'utf8')).toBe('(2 lines are missing here: the disk was full)\nthree\n');
  rmSync(dirname(path), { recursive: true });
});
