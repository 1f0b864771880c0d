import type { MetricColumns } from '@benchwire/shared/contracts/metrics.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLogPrefix } from './log-prefix.ts';
import { looseToJson } from './loose-json.ts';
import { metricInText } from './metric-in-text.ts';
import { parseLine } from './metric-line.ts';
import { ProgramOutput } from './output.ts';

interface Printed {
  points: Record<string, number[]>;
  notes: string[];
  rejected: string[];
  logs: string[];
}

/** What becomes of bytes on standard output and standard error, in chunks of `size`. */
async function print(stdout: string | Buffer, stderr = '', size = Number.POSITIVE_INFINITY): Promise<Printed> {
  const columns: MetricColumns[] = [];
  const [logs, rejected]: [string[], string[]] = [[], []];
  const output = new ProgramOutput({
    context: { emit: async (column) => void columns.push(column), log: (line) => void logs.push(line) },
    max_bytes: 1e8,
    reject: async (raw) => void rejected.push(raw),
    onFailure: (error) => expect.fail(error.message),
  });
  const bytes = Buffer.from(stdout as string);
  const step = Math.min(size, Math.max(1, bytes.length));
  for (let at = 0; at < bytes.length; at += step) await output.take('stdout', bytes.subarray(at, at + step));
  await output.take('stderr', Buffer.from(stderr));
  for (const stream of ['stdout', 'stderr'] as const) await output.take(stream, undefined);
  const points: Record<string, number[]> = {};
  for (const { metric, values } of columns) points[metric] = [...(points[metric] ?? []), ...values];
  return { points, notes: output.notes(), rejected, logs };
}

const A = '{"metric": "a_ms", "value": 41.5}';
const utf16 = (text: string, order: 'le' | 'be', mark: boolean): Buffer => {
  const bytes = Buffer.from((mark ? '\ufeff' : '') + text, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
};

describe('a metric is taken', () => {
  const TAKEN: ReadonlyArray<[how: string, stdout: string | Buffer, points?: Record<string, number[]>]> = [
    ['behind a progress bar', `\r 50%|#  |\r100%|###|\r${A}\n`],
    ['before a progress bar goes on', `${A}\r 50%\r100%\n`],
    [
      'one after the other with carriage returns alone',
      `${A}\r{"metric":"b_ms","value":2}\r`,
      { a_ms: [41.5], b_ms: [2] },
    ],
    ['in colours', `\u001b[1;32m${A}\u001b[0m\n`],
    ['with a title and an erased line before it', `\u001b]0;bench\u0007\u001b[2K\u001b[1G${A}\n`],
    ['behind a level', `INFO: ${A}\n`],
    ['behind a time', `2026-11-30T01:02:03.456Z ${A}\n`],
    ['behind what Python logs', `2026-11-30 01:02:03,456 - bench.main - INFO - ${A}\n`],
    ['behind what loguru logs', `2026-11-30 01:02:03.456 | INFO     | __main__:main:12 - ${A}\n`],
    ['behind what glog writes', `I1130 01:02:03.456789 4242 bench.cc:12] ${A}\n`],
    ['behind a container and a rank', `bench-1  | [rank0]: ${A}\n`],
    ['behind a name', `RESULT> ${A}\n`],
    ['over lines', `{\n  "metric": "a_ms",\n  "value": 41.5\n}\n`],
    ['over lines of Windows', `{\r\n  "metric": "a_ms",\r\n  "value": 41.5\r\n}\r\n`],
    ['over lines behind a logger', `INFO: {\n    "metric": "a_ms",\n    "value": 41.5\n}\n`],
    ['in a list over lines', `[\n  ${A},\n  {"metric": "b_ms", "value": 2}\n]\n`, { a_ms: [41.5], b_ms: [2] }],
    ['beside another one', `${A}{"metric":"b_ms","value":2} ${A}\n`, { a_ms: [41.5, 41.5], b_ms: [2] }],
    ['in a list', `[${A}, {"metric":"b_ms","value":2}]\n`, { a_ms: [41.5], b_ms: [2] }],
    ['under metrics', `{"metrics": {"a_ms": 41.5, "b_ms": {"value": 2, "unit": "ms"}}}\n`, { a_ms: [41.5], b_ms: [2] }],
    ['with a comma too many', '{"metric": "a_ms", "value": 41.5,}\n'],
    ['as a dictionary of Python', "{'metric': 'a_ms', 'value': 41.5, 'warm': True, 'seed': None}\n"],
    [
      'as numpy prints it',
      "{'metric': np.str_('a_ms'), 'value': np.float64(41.5)}\n".replace("np.str_('a_ms')", "'a_ms'"),
    ],
    ['as torch prints it', "{'metric': 'a_ms', 'value': tensor(41.5)}\n"],
    ['with names that are not quoted', '{metric: "a_ms", value: 41.5}\n'],
    ['with another key for its name', '{"name": "a_ms", "value": 41.5, "unit": "ms"}\n'],
    ['with a byte order mark', `\ufeff${A}\n`],
    ['as UTF-16 with a mark', utf16(`${A}\r\n`, 'le', true)],
    ['as UTF-16 without a mark', utf16(`${A}\n`, 'le', false)],
    ['as UTF-16, big-endian', utf16(`${A}\n`, 'be', true)],
    ['without a line end', `text\n${A}`],
    ['behind junk of bytes', Buffer.concat([Buffer.from([1, 0xff, 0xfe, 2, 10, 0xc3, 10]), Buffer.from(`${A}\n`)])],
    ['behind an object that never ends', `{\n${A}\n`],
    ['behind a block of code', `function f() {\n  if (x) {\n${A}\n`],
    ['behind a very long line', `${'x'.repeat(3e6)}\n${A}\n`],
  ];
  it.each(TAKEN)('%s', async (_, stdout, points = { a_ms: [41.5] }) => {
    for (const size of [Number.POSITIVE_INFINITY, 1, 3, 64]) {
      if (size < 64 && stdout.length > 1e5) continue;
      const printed = await print(stdout, '', size);
      expect([size, printed.points]).toEqual([size, points]);
      expect(printed.notes).toEqual([]);
    }
  });

  it('with its unit and its direction', () => {
    expect(parseLine('{"metric": "x", "value": 1, "unit": "ms", "better": "lower is better"}')).toEqual({
      points: [{ metric: 'x', value: 1, unit: 'ms', better: 'lower' }],
      issues: [],
    });
    expect(parseLine("{'name': 'x', 'value': 1, 'higher_is_better': True}").points).toMatchObject([
      { better: 'higher' },
    ]);
    const odd = parseLine('{"metric": "x", "value": 1, "better": "sideways"}');
    expect(odd).toMatchObject({ points: [{ value: 1 }], issues: [{ path: 'better' }] });
  });
});

describe('a metric that is not taken is told', () => {
  it.each([
    ['a number in quotes', '{"metric": "a", "value": "41.5"}\n', /not readable: value/],
    ['NaN', '{"metric": "a", "value": NaN}\n', /NaN cannot be stored/],
    [
      'a number that would become 0',
      '{"metric": "a", "value": 2.5e-400}\n',
      /2\.5e-400 is so small that it would become 0/,
    ],
    ['-inf of Python', "{'metric': 'a', 'value': -inf}\n", /-inf cannot be stored/],
    ['a decimal comma', '{"metric": "a", "value": 41,5}\n', /not readable: not JSON/],
    ['an end that is missing', '{"metric": "a", "value": 1\n', /does not end/],
    [
      'a text inside of a log line',
      '{"level": "info", "msg": "{\\"metric\\": \\"a\\", \\"value\\": 1}"}\n',
      /inside of/,
    ],
    [
      'an example in a sentence',
      'it prints lines such as {"metric": "a", "value": 1} for each step\n',
      /text around it/,
    ],
    ['without a name', '{"metric": "", "value": 1}\n', /not readable: metric/],
    ['a list of values', '{"metric": "a", "value": [1, 2]}\n', /not readable: value/],
    ['a line of text', 'Throughput: 41.3 tok/s\n', /numbers that look like metrics.*"Throughput: 41.3 tok\/s"/],
    [
      'a trainer’s dictionary',
      "{'loss': 0.693, 'learning_rate': 5e-05, 'epoch': 0.1}\n",
      /"metric": "loss", "value": 0.693/,
    ],
    ['leaders', 'wall time ....... 3.21s\n', /"metric": "wall_time", "value": 3.21/],
    ['leaders and a colon', 'latency......: 12.5 ms\n', /"metric": "latency", "value": 12.5/],
    ['columns', 'Latency     1.23ms  456.00us    9.12ms   88.10%\n', /"metric": "latency", "value": 1.23/],
    ['a column after a tab', 'p99 latency\t12.5 ms\n', /"metric": "p99_latency", "value": 12.5/],
    ['an arrow', 'accuracy -> 0.913\n', /"metric": "accuracy", "value": 0.913/],
    ['a rate in a sentence', 'served 1000 requests at 41.3 req/s\n', /"metric": "req_per_s", "value": 41.3/],
    ['a rate in words', 'generated 1,204.5 tokens per second\n', /"value": 1204.5/],
    ['a table', '| pp512 | 1204.5 t/s |\n', /look like metrics.*pp512/],
    [
      'llama-bench’s table',
      '| llama 7B Q4_0 | 3.56 GiB | 6.74 B | CPU | 8 | pp512 | 1234.56 ± 7.89 |\n',
      /"metric": "pp512", "value": 1234.56/,
    ],
    [
      'k6’s summary',
      '     http_req_duration..............: avg=12.3ms min=1ms med=10ms max=100ms p(90)=20ms\n',
      /"metric": "http_req_duration", "value": 12.3/,
    ],
    ['hyperfine', '  Time (mean ± σ):     123.4 ms ±   1.2 ms    [User: 3 ms, System: 1 ms]\n', /"value": 123.4/],
    ['%timeit', '12.3 ms ± 0.4 ms per loop (mean ± std. dev. of 7 runs, 100 loops each)\n', /"value": 12.3/],
    ['Go', 'BenchmarkSum/n=10-8   \t 1000000\t      1234 ns/op\t  56 B/op\n', /"value": 1234/],
    ['Google Benchmark', 'BM_memcpy/8         54.2 ns         54 ns   11461937\n', /"value": 54.2/],
    ['JMH', 'Codec.encode  thrpt  10  1204.512 ± 5.6  ops/s\n', /"value": 1204.512/],
    [
      'an object with the name in a field',
      '{"event":"metric","name":"acc","val":0.91}\n',
      /"metric": "acc", "value": 0.91/,
    ],
    [
      'an object of 2,000 characters',
      `{"config": "${'x'.repeat(2000)}", "loss": 0.25}\n`,
      /"metric": "loss", "value": 0.25/,
    ],
  ])('%s', async (_, stdout, note) => {
    const { points, notes } = await print(stdout);
    expect(points).toEqual({});
    expect(notes.join('\n')).toMatch(note);
  });

  it.each([
    'loading 3 of 12 shards, 40 s left',
    'Python 3.11.2 on Linux 6.1.0-44, 2 cores',
    'listening on 127.0.0.1:8080 (pid 4711)',
    '{"event": "start", "name": "trainer", "port": 8080}',
    'Benchmark 3 of 12 starts in 5 s',
    'seed: 42',
    'tolerance 1e-5 +/- auto',
    'epoch 3/10 ...... done',
    'chapter 1 ........ 12',
    'worker  3  started on port  8080',
    'v1.2.3  2026-11-30  abc123',
    'GET /items/s HTTP 200',
  ])('numbers that are no measurements need no word: %s', (line) => expect(metricInText(line)).toBeUndefined());

  it('on standard error', async () => {
    const { points, notes } = await print('', `${A}\n${A}\n`);
    expect(points).toEqual({});
    expect(notes.join()).toMatch(/2 metric lines were printed on standard error/);
  });

  it('whatever else was taken', async () => {
    const { points, notes, rejected } = await print(`${A}\n{"metric": "b", "value": nan}\n`);
    expect(points).toEqual({ a_ms: [41.5] });
    expect(notes).toHaveLength(1);
    expect(rejected).toHaveLength(1);
  });

  it('a few times, and then counted', async () => {
    const text = Array.from(
      { length: 500 },
      (_, i) => `{"metric": "m", "value": "x${i}"}\nstep ${i} loss: 0.${i + 1}\n`,
    );
    const { notes, rejected } = await print(text.join(''));
    expect(rejected).toHaveLength(20);
    expect(notes.length).toBeLessThanOrEqual(6);
    expect(notes.join()).toMatch(/497 more metric lines/);
    expect(Math.max(...notes.map((note) => note.length))).toBeLessThan(1500);
  });

  it('but not what was reported as well', async () => {
    const { notes } = await print('throughput: 41.3 tok/s\n{"metric": "tokens_per_second", "value": 41.3}\n');
    expect(notes).toEqual([]);
    expect((await print(`a_ms: 39\n${A}\n`)).notes).toEqual([]);
  });
});

describe('text stays text', () => {
  it.each([
    'listening on 127.0.0.1:8080',
    'epoch 3 of 10',
    '[INFO] done',
    '{"a": 1}',
    'version: 12',
    'pid = 4242',
    '{',
    '',
  ])('%j', async (line) => {
    const { points, notes, logs } = await print(`${line}\n`);
    expect([points, notes]).toEqual([{}, []]);
    expect(logs.join('\n')).toContain(line);
  });

  it('of a test, which says how many passed', async () => {
    const context = { emit: async () => {}, log: () => {} };
    const options = { context, max_bytes: 1e6, reject: async () => {}, onFailure: () => {} };
    const notes = [true, false].map(async (looks_at_text) => {
      const output = new ProgramOutput({ ...options, looks_at_text });
      await output.take('stdout', Buffer.from('failed: 3\n'));
      return output.notes().length;
    });
    expect(await Promise.all(notes)).toEqual([1, 0]);
  });

  it('of a progress bar only what stays on the screen is logged', async () => {
    expect((await print('\r 10%\r 50%\r100%\ndone\n')).logs).toEqual(['100%', 'done']);
  });
});

describe('cost', () => {
  it.each([
    ['brackets', '{'.repeat(900_000)],
    ['quotes', '{"'.repeat(400_000)],
    ['mentions', '{"metric": '.repeat(80_000)],
    ['prefix', `${'a'.repeat(200_000)}{"metric":"a","value":1}`],
    ['slashes', `{'metric': '${'\\'.repeat(400_001)}`],
    ['spaces', `{"metric": "a",${' '.repeat(800_000)}`],
    ['colons', ':'.repeat(200_000)],
  ])('of a line of %s is linear', async (_, line) => {
    const started = performance.now();
    await print(`${line}\n`);
    expect(performance.now() - started).toBeLessThan(1500);
  });

  it('lines that open brackets again and again', async () => {
    const started = performance.now();
    await print(`${'{\n'.repeat(60_000)}${A}\n`);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('no line and no object breaks it', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      ':',
      ',',
      'metric',
      'value',
      '1',
      'NaN',
      ' ',
      '\\',
      '(',
      ')',
      'a',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const line = pieces.join('');
        parseLine(line);
        isLogPrefix(line);
        metricInText(line);
        const json = looseToJson(line);
        expect(json === undefined || typeof json === 'string').toBe(true);
      }),
    );
  });
});
