import { expect, it } from 'vitest';
import { type AskedTask, claimIssues, type OutcomeClaims, subjectIssues } from './outcome-claims.ts';

const asked = {
  ...{ benchmark: 'bench', executor: 'onnx', pool: null },
  config: { model: 'bert', scenario: 'single_stream' },
  retry_policy: { max_retries: 1, retry_delay_seconds: 1 },
} as unknown as AskedTask;
const noop = { ...asked, executor: 'noop', config: {} } as unknown as AskedTask;
const imported = { ...asked, executor: 'imported', config: {} } as unknown as AskedTask;
const file = {
  ...asked,
  config: { model: '/home/me//models/./a.onnx', scenario: 'single_stream' },
} as unknown as AskedTask;
const RUN = '01a20194-a157-7031-9a45-1e6a68ec3c49';

function claims(over: Partial<OutcomeClaims> = {}): OutcomeClaims {
  return {
    ...{ run_id: RUN, task_id: 'a', attempt: 1, status: 'completed', pool: 'cpu-1', benchmark: 'bench' },
    worker_id: null,
    ...{ executor: 'onnx', model: 'bert', scenario: 'single_stream', simulation_status: { is_simulated: false } },
    ...over,
  };
}
const paths = (of: AskedTask, over: Partial<OutcomeClaims>): string[] =>
  claimIssues(of, claims(over)).map(({ path }) => path);

it.each<[string, AskedTask, Partial<OutcomeClaims>, string[]]>([
  ['what was asked', asked, {}, []],
  ['what leaves open what it was', asked, { model: null, scenario: null, benchmark: '' }, []],
  ['a failure that never got as far', noop, { executor: 'noop', model: null, scenario: null, status: 'failed' }, []],
  ['imported results', imported, { executor: 'imported', model: null, scenario: null }, []],
  [
    'imported results of a worker',
    imported,
    { executor: 'imported', model: null, scenario: null, worker_id: 'w' },
    ['worker_id'],
  ],
  ['another executor', asked, { executor: 'command' }, ['executor']],
  ['another model', asked, { model: 'silero' }, ['model']],
  ['the file that was asked for by its absolute path', file, { model: 'models/a.onnx' }, []],
  ['a file of which only the end of a name fits', file, { model: 'dels/a.onnx' }, ['model']],
  ['another file', file, { model: 'models/b.onnx' }, ['model']],
  ['a file elsewhere of that name', file, { model: '/srv/models/a.onnx' }, ['model']],
  ['another benchmark', asked, { benchmark: 'other' }, ['benchmark']],
  ['another scenario', asked, { scenario: 'server' }, ['scenario']],
  ['a model where none was asked for', noop, { executor: 'noop', scenario: null, status: 'failed' }, ['model']],
  ['an attempt that the policy does not have', asked, { attempt: 5 }, ['attempt']],
  ['another pool than the copy is for', { ...asked, pool: 'cpu-2' }, {}, ['pool']],
  [
    'a real measurement of a task that measures nothing',
    noop,
    { executor: 'noop', model: null, scenario: null },
    ['simulation_status.is_simulated'],
  ],
])('an outcome of %s', (_what, of, over, expected) => {
  expect(paths(of, over)).toEqual(expected);
});

it('an outcome stands under its own run and task', () => {
  expect(subjectIssues({ run_id: RUN, task_id: 'a' }, `bw.outcome.${RUN}.a`)).toEqual([]);
  expect(subjectIssues({ run_id: RUN, task_id: 'a' }, `bw.outcome.${RUN}.b`)).toHaveLength(1);
});
