import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directionOf } from './direction.ts';
import { attemptId, newRunId, parseAttemptId, runId, timestamp } from './ids.ts';
import { MAX_LABELS } from './limits.ts';
import { decodeMetricBatch, encodeMetricBatch, metricBatch, metricBatchId } from './metrics.ts';
import { OUTCOME_STATUSES, type Outcome, outcomeIsFinal, type TaskError } from './outcome.ts';
import { runMessageId } from './run.ts';
import { type SeriesKey, seriesId, streamSuffix, variantOf } from './series.ts';
import { modelInOneForm } from './series-key.ts';
import { noopConfig, streamCounts, taskSpec } from './task.ts';

describe('ids', () => {
  it('an attempt id is read back', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/),
        fc.integer({ min: 1 }),
        (run_id, task_id, attempt) => {
          const key = { run_id, task_id, attempt };
          expect(parseAttemptId(attemptId(key))).toEqual(key);
        },
      ),
    );
  });

  it.each(['', '.', 'a.b', 'a.b.', 'a.b.0', 'a.b.x', 'a.b.1.2', '.b.1', 'a..1', 'a.b.01', 'a.b.-1'])(
    '%j is none',
    (text) => {
      expect(parseAttemptId(text)).toBeUndefined();
    },
  );

  it('run ids are UUIDs that sort by time, timestamps have milliseconds', () => {
    const made = Array.from({ length: 100 }, newRunId);
    expect(made.toSorted()).toEqual(made);
    for (const id of made) expect(runId.safeParse(id).success).toBe(true);
    expect(timestamp.safeParse(new Date().toISOString()).success).toBe(true);
    expect(timestamp.safeParse('2026-11-22T02:00:00Z').success).toBe(false);
  });

  it('names each decision about a run once', () => {
    const common = { v: 1 as const, run_id: '0193-x', at: '' };
    expect(runMessageId({ ...common, kind: 'cancelled', reason: '' })).toBe('0193-x.cancelled');
    expect(runMessageId({ ...common, kind: 'bound', task_id: 't', pools: ['p'] })).toBe('0193-x.bound.t');
  });
});

describe('outcomeIsFinal', () => {
  const error = (retriable: boolean): TaskError => ({ class: 'crash', code: 'X', message: '', retriable });
  const table: Array<[Outcome['status'], number, number, TaskError | null, boolean]> = [
    ['completed', 1, 4, null, true],
    ['cancelled', 1, 4, error(true), true],
    ['failed', 1, 4, error(true), false],
    ['failed', 4, 4, error(true), true],
    ['failed', 1, 4, error(false), true],
    ['failed', 1, 4, null, false],
    ['timed_out', 1, 2, error(true), false],
    ['timed_out', 2, 2, error(true), true],
    ['lost', 1, 1, error(true), false],
    ['lost', 3, 1, error(true), false],
    ['lost', 4, 1, error(true), true],
    ['lost', 4, 6, error(true), false],
    ['lost', 6, 6, error(true), true],
  ];
  it.each(table)('%s, attempt %d of %d', (status, attempt, max_attempts, reason, final) => {
    expect(outcomeIsFinal({ status, attempt, max_attempts, error: reason })).toBe(final);
  });

  it('ends for every status', () => {
    for (const status of OUTCOME_STATUSES) {
      expect(outcomeIsFinal({ status, attempt: 200, max_attempts: 101, error: error(true) })).toBe(true);
    }
  });
});

describe('series', () => {
  const key: SeriesKey = {
    benchmark: 'b',
    model: 'm',
    executor: 'onnx',
    precision: 'fp32',
    batch_size: 4,
    scenario: 'single_stream',
    variant: '',
    fingerprint: 'f',
    metric: 'latency_ms',
    is_simulated: false,
  };

  it('ids are what they always were: another one would cut every history in two', () => {
    expect(seriesId(key)).toMatchInlineSnapshot(`"4c2005d3faaa6051bd44"`);
    expect(seriesId({ ...key, batch_size: null, is_simulated: true })).toMatchInlineSnapshot(`"ba381acd939a13e868d3"`);
  });

  it('every part makes another series, the order of the fields does not', () => {
    const reversed = Object.fromEntries(Object.entries(key).toReversed()) as SeriesKey;
    expect(seriesId(reversed)).toBe(seriesId(key));
    const changed = Object.keys(key).map((name) =>
      seriesId({ ...key, [name]: name === 'batch_size' ? 8 : 'other' } as SeriesKey),
    );
    expect(new Set([seriesId(key), ...changed]).size).toBe(1 + changed.length);
  });

  it('a variant is the config that changes what is measured, in any order', () => {
    const onnx = (config: Record<string, unknown>): string =>
      variantOf(taskSpec.parse({ task_id: 'a', config: { model: 'm', ...config } }));
    expect(onnx({ intra_op_num_threads: 2, seed: 1 })).toBe(onnx({ seed: 1, intra_op_num_threads: 2 }));
    expect(onnx({})).toBe(onnx({ iterations: 5, batch_sizes: [1, 2], max_seconds: 1, warmup_iterations: 0 }));
    expect(onnx({ intra_op_num_threads: 2 })).not.toBe(onnx({ intra_op_num_threads: 4 }));
    expect(onnx({})).toMatchInlineSnapshot(`""`);
    expect(onnx({ shapes: { b: [1], a: [2] } })).toBe(onnx({ shapes: { a: [2], b: [1] } }));
  });

  it('several streams have histories of their own, and leave that of one as it is', () => {
    const one = taskSpec.parse({ task_id: 'a', config: { model: 'm' } });
    const four = taskSpec.parse({ task_id: 'a', config: { model: 'm', concurrency: [1, 4, 2] } });
    expect(variantOf(four)).toBe(variantOf(one));
    const config = { concurrency: [4, 1, 4, 2] };
    expect([streamCounts(config), streamCounts({ concurrency: 1 }), streamCounts({})]).toEqual([[2, 4], [], []]);
    for (const metric of ['throughput_items_per_second', 'speedup'].map((name) => name + streamSuffix(4))) {
      expect(seriesId({ ...key, metric })).not.toBe(seriesId({ ...key, metric: metric.replace('4', '2') }));
    }
  });

  it('a variant has no setting that the catalogue has anyway', () => {
    const silero = (config: Record<string, unknown>): string =>
      variantOf(taskSpec.parse({ task_id: 'a', config: { model: 'silero-vad-v5', ...config } }));
    const same = [
      { dimensions: { samples: 512 } },
      { inputs: { sr: 16_000 } },
      { inputs: { sr: { value: 16_000 } }, batch_dimensions: ['batch'] },
      { dimensions: { batch: 'batch' } },
      { shapes: { input: ['batch', 512], state: [2, 1, 128], sr: [] }, seed: 42, scenario: 'single_stream' },
    ];
    for (const config of same) expect([config, silero(config)]).toEqual([config, '']);
    const others = [
      { dimensions: { samples: 256 } },
      { inputs: { sr: 8000 } },
      { shapes: { input: ['batch', 256] } },
      { shapes: { input: ['batch', 512] }, dimensions: { samples: 256 } },
      { shapes: { input: [4, 512] } },
      { inputs: { input: 0 } },
      { batch_dimensions: [] },
    ];
    expect(new Set(others.map(silero)).size).toBe(others.length);
    expect(others.map(silero)).not.toContain('');
    // A file of one's own has no defaults but those of the config.
    const own = taskSpec.parse({
      task_id: 'a',
      config: { model: './silero-vad-v5.onnx', dimensions: { samples: 512 } },
    });
    expect(variantOf(own)).not.toBe('');
  });

  it.each([
    ['latency_ms', 'lower_is_better'],
    ['latency_p99_ms', 'lower_is_better'],
    ['memory_mb', 'lower_is_better'],
    ['throughput_items_per_second', 'higher_is_better'],
    ['tokens_per_second', 'higher_is_better'],
    ['error_rate', 'lower_is_better'],
    ['noop_value', 'unknown'],
  ])('%s: %s', (metric, direction) => {
    expect(directionOf({ metric })).toBe(direction);
  });
});

describe('metric batches', () => {
  // MessagePack has no -0.
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
  it('come back as they were', () => {
    const columns = fc.array(
      fc.record({
        metric: fc.string({ minLength: 1, maxLength: 20 }),
        unit: fc.option(fc.string({ maxLength: 8 })),
        batch_size: fc.option(fc.integer({ min: 1 })),
        points: fc.array(fc.tuple(number, number), { maxLength: 50 }),
      }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(columns, (list) => {
        const batch = metricBatch.parse({
          v: 1,
          run_id: newRunId(),
          task_id: 'a',
          attempt: 1,
          worker_id: 'w',
          sequence: 0,
          columns: list.map(({ points, ...rest }) => ({
            ...rest,
            times_ms: points.map(([t]) => t),
            values: points.map(([, v]) => v),
          })),
        });
        expect(metricBatch.parse(decodeMetricBatch(encodeMetricBatch(batch)))).toEqual(batch);
      }),
    );
  });

  it('have columns of one length, and a name of their own', () => {
    const column = { metric: 'm', unit: null, batch_size: null, times_ms: [1, 2], values: [1] };
    const batch = {
      v: 1,
      run_id: newRunId(),
      task_id: 'a',
      attempt: 2,
      worker_id: 'w',
      sequence: 3,
      columns: [column],
    };
    expect(metricBatch.safeParse(batch).error?.issues[0]?.message).toContain('equally long');
    expect(metricBatchId(batch)).toBe(`${batch.run_id}.a.2.m3`);
    expect(() => decodeMetricBatch(new Uint8Array([0xc1]))).toThrow();
  });
});

it('a task says its executor, or means onnx', () => {
  expect(taskSpec.parse({ task_id: 'a', config: { model: 'm' } })).toMatchObject({
    executor: 'onnx',
    placement: 'any',
    timeout_seconds: 1800,
    retry_policy: { max_retries: 3, retry_delay_seconds: 5 },
  });
  expect(taskSpec.parse({ task_id: 'a', executor: 'noop' })).toMatchObject({ config: noopConfig.parse({}) });
});

it.each([
  ['./models/a.onnx', 'models/a.onnx'],
  ['models//a.onnx', 'models/a.onnx'],
  ['/data/./././m/a.onnx', '/data/m/a.onnx'],
  ['././a.onnx', 'a.onnx'],
  ['https://host//a/./b.onnx', 'https://host//a/./b.onnx'],
  ['google-bert/bert-base-uncased', 'google-bert/bert-base-uncased'],
  ['../a.onnx', '../a.onnx'],
  ['resnet', 'resnet'],
  ['./', './'],
])('the model %s is %s in the name of a series', (written, one) => {
  expect(modelInOneForm(written)).toBe(one);
});

it('a task asks for so many labels, and no more', () => {
  const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, 'x']));
  const parsed = (count: number) =>
    taskSpec.safeParse({ task_id: 'a', executor: 'noop', requirements: { labels: labels(count) } });
  expect(parsed(MAX_LABELS).success).toBe(true);
  expect(parsed(MAX_LABELS + 1).error?.issues[0]?.message).toContain(`more than ${MAX_LABELS}`);
});
