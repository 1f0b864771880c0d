import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import { job as jobSchema } from '@benchwire/shared/contracts/job.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { describe, expect, it } from 'vitest';
import type { CheckpointContent, Executor, ExecutorContext, ExecutorReport } from '../../executors/executor.ts';
import { executePaired } from './paired-attempt.ts';

interface Told {
  side: 'head' | 'base';
  /** How often this side was measured before. */
  before: number;
  context: ExecutorContext;
}
type Measure = (told: Told) => number | TaskError;

/** Attempts of one task, whose executor measures what the test says. */
class Attempts {
  readonly sides: string[] = [];
  readonly logs: string[] = [];
  #saved: CheckpointContent | undefined;
  #attempt = 0;
  readonly #measure: Measure;
  readonly #more: object;

  constructor(measure: Measure, more: object = {}) {
    this.#measure = measure;
    this.#more = more;
  }

  async next(fingerprint = 'same'): Promise<ExecutorReport> {
    const job = this.#job(++this.#attempt);
    const base = job.task.base_side;
    if (base === undefined) throw new Error('no base side');
    const saved = this.#saved;
    const context = {
      ...{ run_id: job.run_id, source: job.source, task: job.task, attempt: job.attempt },
      device: { device_id: `device-${job.attempt}` } as Device,
      signal: new AbortController().signal,
      emit: async () => {},
      log: (line: string) => void this.logs.push(line),
      checkpoints: {
        load: async () =>
          saved === undefined
            ? undefined
            : { ...saved, attempt: job.attempt - 1, worker_id: 'w', same_device: fingerprint === 'same' },
        save: async (content: CheckpointContent) => {
          this.#saved = content;
          return undefined;
        },
      },
      findFresh: async () => [],
      measured: () => {},
    } satisfies ExecutorContext;
    return await executePaired(this.#executor(), context, job, base);
  }

  #executor(): Executor {
    return {
      name: 'command',
      execute: async (context) => {
        const side = context.source?.commit === 'base567' ? 'base' : 'head';
        const before = this.sides.filter((each) => each === side).length;
        this.sides.push(side);
        const measured = this.#measure({ side, before, context });
        const report = { error: null, environment: {}, precision: null, scenario: null, is_simulated: false };
        if (typeof measured !== 'number') return { ...report, error: measured, results: {} };
        const facts = { unit: 'ms', ci_low: null, ci_high: null, min: measured, max: measured, samples: 1 };
        return { ...report, results: { metrics: { latency_ms: { value: measured, ...facts } } } };
      },
    };
  }

  #job(attempt: number): Job {
    const config = { command: ['run', '{commit}'] };
    return jobSchema.parse({
      ...{ v: 1, run_id: '01a22baf-dffe-7592-b263-8765766b3a8a', attempt, max_attempts: 3 },
      task: {
        ...{ task_id: 't', executor: 'command', type: 'benchmark', benchmark: 'b', timeout_seconds: 60, config },
        base_side: { commit: 'base567', pairs: 4, config },
      },
      ...{ request_name: null, source: { commit: 'head567' }, tags: {}, queued_at: '2026-11-22T06:00:00.000Z' },
      ...this.#more,
    });
  }
}

const failure = (retriable: boolean): TaskError => taskError('crash', 'PREPARE_FAILED', 'it broke', retriable);
const repeat = (runs: number) => ({ gate: { on_cannot_tell: 'repeat', repeat_budget: { runs } } });

describe('a task with a base side', () => {
  it('measures both sides by turns, each first as often as the other, and the results are the head’s', async () => {
    const attempts = new Attempts(({ side, before }) => (side === 'head' ? 115 : 100) + before);
    const { error, results } = await attempts.next();
    expect(error).toBeNull();
    for (let pair = 0; pair < 8; pair += 2)
      expect(new Set(attempts.sides.slice(pair, pair + 2))).toEqual(new Set(['head', 'base']));
    expect(results.pairs).toMatchObject({ base_commit: 'base567', repeated: 0, device_id: 'device-1' });
    expect(results.pairs?.first.filter((side) => side === 'head')).toHaveLength(2);
    expect(results.pairs?.values).toEqual([
      { metric: 'latency_ms', batch_size: null, head: [115, 116, 117, 118], base: [100, 101, 102, 103] },
    ]);
    expect([116, 117]).toContain(results.metrics?.latency_ms?.value);
  });

  it('gives the base its own commit, and keeps its samples apart', async () => {
    const emitted: string[] = [];
    const attempts = new Attempts(({ side, context }) => {
      void context.emit({ metric: 'latency_ms', unit: 'ms', batch_size: null, times_ms: [], values: [] });
      emitted.push(`${side} ${context.source?.commit} ${context.source?.branch ?? '-'}`);
      return 1;
    });
    await attempts.next();
    expect(new Set(emitted)).toEqual(new Set(['head head567 -', 'base base567 -']));
  });

  it('fails with the head, and without half a pair', async () => {
    const attempts = new Attempts(({ side, before }) => (side === 'head' && before === 2 ? failure(true) : 100));
    const { error, results } = await attempts.next();
    expect(error?.code).toBe('PREPARE_FAILED');
    expect(results.pairs).toBeUndefined();
  });

  it('goes on after the last whole pair when it is tried again on such a device, and starts over on another one', async () => {
    const breaks: Measure = ({ side, before }) => (side === 'base' && before === 2 ? failure(true) : 100 + before);
    const again = new Attempts(breaks);
    expect((await again.next()).error?.message).toContain('the base side (commit base567)');
    again.sides.length = 0;
    const { results, did_only_a_part } = await again.next();
    expect([again.sides.length, results.pairs?.values[0]?.head.length, did_only_a_part]).toEqual([4, 4, true]);

    const elsewhere = new Attempts(breaks);
    await elsewhere.next();
    elsewhere.sides.length = 0;
    expect((await elsewhere.next('another')).error?.code).toBe('PREPARE_FAILED');
    expect(elsewhere.sides.length).toBeGreaterThan(4);
  });

  it('keeps the head where the base cannot be measured at all, and says why', async () => {
    const attempts = new Attempts(({ side }) => (side === 'base' ? failure(false) : 100));
    const { error, results } = await attempts.next();
    expect([error, results.metrics?.latency_ms?.value]).toEqual([null, 100]);
    expect(results.pairs).toMatchObject({ values: [], unavailable: expect.stringContaining('it broke') });
    expect(attempts.sides.filter((side) => side === 'head')).toHaveLength(1);
    // What may pass is tried again first.
    const retried = new Attempts(({ side }) => (side === 'base' ? failure(true) : 100));
    expect([(await retried.next()).error, (await retried.next()).error]).toEqual([
      expect.objectContaining({ code: 'PREPARE_FAILED' }),
      expect.objectContaining({ code: 'PREPARE_FAILED' }),
    ]);
    expect((await retried.next()).error).toBeNull();
  });

  it('measures more pairs where the first can’t tell, within the budget, and not where the gate does not ask for it', async () => {
    const noisy: Measure = ({ side, before }) => (side === 'head' ? 102 + ((before * 37) % 11) : 100);
    const repeated = await new Attempts(noisy, repeat(6)).next();
    expect(repeated.results.pairs?.repeated).toBeGreaterThan(0);
    expect(repeated.results.pairs?.repeated).toBeLessThanOrEqual(6);
    expect(repeated.results.pairs?.first).toHaveLength(4 + (repeated.results.pairs?.repeated ?? 0));
    expect((await new Attempts(noisy).next()).results.pairs?.repeated).toBe(0);
    const clear = await new Attempts(({ side }) => (side === 'head' ? 150 : 100), repeat(6)).next();
    expect(clear.results.pairs?.repeated).toBe(0);
  });
});
