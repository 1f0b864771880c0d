import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Breakers, type FailureFacts, subjectOf } from './breakers.ts';
import { Suspects } from './suspects.ts';

const settings = { workers: 3, window_ms: 60_000, cool_down_ms: 1000, max_cool_down_ms: 4000 };

function facts(over: Partial<FailureFacts> & { fails?: string } = {}): FailureFacts {
  const { fails = 'crash', ...rest } = over;
  return {
    status: 'failed',
    error: { class: fails as 'crash', code: 'X', message: 'boom', retriable: true },
    worker_id: 'w1',
    pool: 'cpu-aaaaaaaa',
    subject: 'onnx m',
    executor: 'onnx',
    task: 'r.t1',
    retried_smaller: false,
    ...rest,
  };
}
const success = (over: Partial<FailureFacts> = {}) => facts({ status: 'completed', error: null, ...over });

function opened(): Breakers {
  const breakers = new Breakers(settings);
  for (const worker_id of ['w1', 'w2', 'w3']) breakers.apply(facts({ worker_id }), 0);
  return breakers;
}

describe('a circuit breaker', () => {
  it('opens for what fails alike on three workers in a row, on that hardware only', () => {
    const breakers = new Breakers(settings);
    expect(breakers.apply(facts({}), 0)).toEqual([]);
    expect(breakers.apply(facts({}), 1)).toEqual([]);
    expect(breakers.apply(facts({ worker_id: 'w2' }), 2)).toEqual([]);
    const [change] = breakers.apply(facts({ worker_id: 'w3' }), 3);
    expect(change).toMatchObject({
      kind: 'opened',
      breaker: { error_class: 'crash', hardware: 'cpu', until_ms: 1003 },
    });
    expect(breakers.whyHeld('onnx m', 'cpu', 'r.t2')).toMatch(/ended with crash on 3 cpu workers \(w1, w2, w3\)/);
    expect(breakers.whyHeld('onnx m', 'cuda', 'r.t2')).toBeUndefined();
    expect(breakers.concerns('onnx other')).toBe(false);
  });

  it.each([
    ['a success in between', success({ worker_id: 'w9' })],
    ['another kind of failure', facts({ worker_id: 'w3', fails: 'timeout' })],
    ['a lost worker', facts({ worker_id: 'w3', status: 'lost', fails: 'lost_worker' })],
    ['what is retried without what did not fit', facts({ worker_id: 'w3', retried_smaller: true })],
    ['other hardware', facts({ worker_id: 'w3', pool: 'cuda-aaaaaaaa' })],
    ['the same worker again', facts({ worker_id: 'w2' })],
  ])('does not open for %s', (_what, third) => {
    const breakers = new Breakers(settings);
    for (const [index, each] of [facts({}), facts({ worker_id: 'w2' }), third].entries()) breakers.apply(each, index);
    expect(breakers.all).toEqual([]);
  });

  it.each(['EXIT_CODE', 'TESTS_FAILED', 'KILLED_BY_SIGSEGV', 'TASK_TIMED_OUT', 'MEMORY_LIMIT', 'REPORT_MISSING'])(
    'does not open for a test, which ended with %s on any number of workers, and no worker is suspected',
    (code) => {
      const breakers = new Breakers(settings);
      const suspects = new Suspects();
      for (let n = 0; n < 9; n++) {
        const error = {
          class: code === 'TASK_TIMED_OUT' ? 'timeout' : 'crash',
          code,
          message: 'x',
          retriable: false,
        } as const;
        const failed = facts({
          worker_id: `w${n % 4}`,
          executor: 'command',
          is_test: true,
          error,
          subject: `test ${n % 3}`,
        });
        breakers.apply(failed, n);
        expect(suspects.apply(failed, n)).toBeUndefined();
      }
      expect(breakers.all).toEqual([]);
    },
  );

  it('is about all that a test runs, so another test of the same program is another thing', () => {
    const task = (file: string, env = {}) =>
      ({ type: 'test', executor: 'command', benchmark: 'b', config: { command: ['pytest', file], env } }) as const;
    const subjects = [task('a.py'), task('b.py'), task('a.py', { MODE: 'slow' })].map((each) =>
      subjectOf(each as never),
    );
    expect(new Set(subjects).size).toBe(3);
    expect(subjects[0]).toMatch(/^test pytest a\.py \([0-9a-f]{8}\)$/);
  });

  describe('of a benchmark command', () => {
    const subject = (command: string[], config = {}) =>
      subjectOf({ type: 'benchmark', executor: 'command', benchmark: 'b', config: { command, ...config } } as never);

    it.each([
      ['another script', ['python3', 'a.py'], ['python3', 'b.py']],
      ['another script behind options', ['python3', '-u', '/opt/a.py'], ['python3', '-u', '/opt/b.py']],
      ['another script with a number in its name', ['python3', 'bench-1.py'], ['python3', 'bench-2.py']],
      ['another module', ['python3', '-m', 'a'], ['python3', '-m', 'b']],
      [
        'another script of a launcher',
        ['torchrun', '--nproc-per-node', '2', 'a.py'],
        ['torchrun', '--nproc-per-node', '2', 'b.py'],
      ],
      ['other code', ['sh', '-c', 'exit 1'], ['sh', '-c', 'exit 2']],
      ['a difference behind 200 characters', ['sh', '-c', `${':'.repeat(200)}a`], ['sh', '-c', `${':'.repeat(200)}b`]],
      ['words cut elsewhere', ['a', 'b c'.repeat(80)], ['a', ...Array<string>(80).fill('b c')]],
    ])('%s is another thing', (_what, one, other) => expect(subject(one)).not.toBe(subject(other)));

    it.each([
      ['a variable', { env: { MODEL: 'a' } }, { env: { MODEL: 'b' } }],
      ['the model', { model: 'a' }, { model: 'b' }],
      ['the folder', { working_directory: '/a' }, { working_directory: '/b' }],
    ])('%s makes another thing', (_what, one, other) =>
      expect(subject(['./bench'], one)).not.toBe(subject(['./bench'], other)),
    );

    it('a sweep over numbers is one thing, in words that can be read', () => {
      expect(subject(['python3', 'a.py', '--size', '4', '--rate=0.5', '-3'])).toBe(
        'command python3 a.py --size # --rate=# #',
      );
      expect(subject(['python3', 'a.py', '--size', '4096', '--rate=2', '17'])).toBe(
        'command python3 a.py --size # --rate=# #',
      );
      const env = (SEED: string) => ({ env: { SEED, MODE: 'x' } });
      expect(subject(['./b'], env('1'))).toBe(subject(['./b'], env('2')));
    });

    it('three workers on which one script fails hold back that script, and no other one of the program', () => {
      const breakers = new Breakers(settings);
      const failing = subject(['python3', 'broken.py', '--size', '1']);
      const error = { class: 'crash', code: 'EXIT_CODE', message: 'x', retriable: true } as const;
      for (const worker_id of ['w1', 'w2', 'w3'])
        breakers.apply(facts({ worker_id, error, executor: 'command', subject: failing }), 0);
      expect(breakers.concerns(subject(['python3', 'broken.py', '--size', '2']))).toBe(true);
      expect(breakers.concerns(subject(['python3', 'fine.py']))).toBe(false);
    });
  });

  it('forgets failures that lie further back than the window', () => {
    const breakers = new Breakers(settings);
    breakers.apply(facts({}), 0);
    breakers.apply(facts({ worker_id: 'w2' }), 60_001);
    breakers.apply(facts({ worker_id: 'w3' }), 60_002);
    expect(breakers.all).toEqual([]);
  });

  it('lets one task try it after the cool-down, and closes when that completes', () => {
    const breakers = opened();
    expect(breakers.halfOpen(999)).toEqual([]);
    expect(breakers.halfOpen(1000)).toMatchObject([{ kind: 'half_opened' }]);
    expect(breakers.whyHeld('onnx m', 'cpu', 'r.t2')).toBeUndefined();
    expect(breakers.whyHeld('onnx m', 'cpu', 'r.t2')).toBeUndefined();
    expect(breakers.whyHeld('onnx m', 'cpu', 'r.t3')).toMatch(/one task tries it now/);
    expect(breakers.apply(success({ task: 'r.t2' }), 1100)).toMatchObject([{ kind: 'closed' }]);
    expect(breakers.whyHeld('onnx m', 'cpu', 'r.t3')).toBeUndefined();
  });

  it('stays open for twice as long when the trial fails, up to a limit', () => {
    const breakers = opened();
    const lengths: number[] = [];
    for (let round = 0, now = 1000; round < 4; round++) {
      breakers.halfOpen(now);
      breakers.whyHeld('onnx m', 'cpu', 'r.t2');
      breakers.apply(facts({ task: 'r.t2' }), now);
      const [breaker] = breakers.all;
      lengths.push(breaker?.cool_down_ms ?? 0);
      now = breaker?.until_ms ?? 0;
    }
    expect(lengths).toEqual([2000, 4000, 4000, 4000]);
  });

  it('takes another for its trial when that is cancelled or lost', () => {
    const breakers = opened();
    breakers.halfOpen(1000);
    breakers.whyHeld('onnx m', 'cpu', 'r.t2');
    const version = breakers.version;
    breakers.apply(facts({ task: 'r.t2', worker_id: null, pool: null, status: 'cancelled', fails: 'cancelled' }), 1001);
    expect(breakers.version).toBeGreaterThan(version);
    expect(breakers.whyHeld('onnx m', 'cpu', 'r.t3')).toBeUndefined();
  });

  it('never lets two tasks try at once, and never holds back what has just completed', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('outcome' as const),
        worker_id: fc.constantFrom('w1', 'w2', 'w3', 'w4'),
        task: fc.constantFrom('r.t1', 'r.t2', 'r.t3'),
        ok: fc.boolean(),
        wait_ms: fc.nat(3000),
      }),
      fc.record({ kind: fc.constant('ask' as const), wait_ms: fc.nat(3000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const live = new Breakers(settings);
        let now = 0;
        for (const each of steps) {
          now += each.wait_ms;
          live.halfOpen(now);
          if (each.kind === 'outcome') {
            const { worker_id, task } = each;
            live.apply(each.ok ? success({ worker_id, task }) : facts({ worker_id, task }), now);
            if (each.ok) expect(live.all).toEqual([]);
          } else if (live.all.length > 0) {
            const allowed = ['r.t1', 'r.t2', 'r.t3'].filter((t) => live.whyHeld('onnx m', 'cpu', t) === undefined);
            expect(allowed.length).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });
});

describe('a suspect', () => {
  const three = (...over: Array<Partial<FailureFacts> & { fails?: string }>) => {
    const suspects = new Suspects({ subjects: 3, window_ms: 60_000 });
    return over.map((each, index) => suspects.apply(each.status === 'completed' ? success(each) : facts(each), index));
  };

  it('is a worker on which three things in a row fail alike', () => {
    const found = three({ subject: 'onnx a' }, { subject: 'onnx b' }, { subject: 'onnx b' }, { subject: 'onnx c' });
    expect(found.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    expect(found[3]).toMatch(/3 different things in a row ended there with crash: onnx a, onnx b, onnx c/);
  });

  it.each([
    ['one succeeds in between', { status: 'completed', subject: 'onnx d' }],
    ['it fails otherwise', { subject: 'onnx c', fails: 'device_error' }],
    ['the model is bad', { subject: 'onnx c', fails: 'bad_model' }],
    ['another worker fails', { subject: 'onnx c', worker_id: 'w2' }],
  ] as const)('is none when %s', (_what, third) => {
    expect(three({ subject: 'onnx a' }, { subject: 'onnx b' }, third)).toEqual([undefined, undefined, undefined]);
  });
});
