import { expand } from '@benchwire/shared/contracts/expand.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import type { MetricVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { describe, expect, it } from 'vitest';
import { repeatRequest } from './repeat-request.ts';

const RUN = '01a22baf-dffe-7592-b263-8765766b3a8a';
const metric = (task_id: string): MetricVerdict => ({ task_id, pool: 'cpu-1' }) as MetricVerdict;
const workers = new Map([['t-r1', { worker_id: 'worker-1', files: null }]]);

describe('the request of a round', () => {
  it('runs the task as often as the round says, where it was measured, for the same commit', () => {
    const written = request.parse({
      ...{ request_id: 'mine', name: 'r', source: { commit: 'abcdefg' }, gate: { on_cannot_tell: 'repeat' } },
      ...{ matrix: { 'config.env.A': ['1', '2'] } },
      tasks: [{ task_id: 't', executor: 'command', config: { command: ['run'] }, depends_on: [] }],
    });
    const again = repeatRequest(
      RUN,
      written,
      { round: 2, runs: 5, metrics: [metric('t-1')] },
      new Map([['t-1', { worker_id: 'w', files: '0123456789abcdef' }]]),
    );
    expect(again).toMatchObject({
      ...{ request_id: `repeat-${RUN}-2`, source: { commit: 'abcdefg' } },
      tags: { 'benchwire.repeats': RUN, 'benchwire.repeat_runs': '5', 'benchwire.files': '0123456789abcdef' },
      tasks: [{ task_id: 'again-1', repetitions: 5, requirements: { pool: 'cpu-1' }, prefer_workers: ['w'] }],
    });
    expect(again?.gate).toBeUndefined();
    const expansion = expand(request.parse(again));
    expect(expansion.ok && expansion.tasks.map(({ config }) => 'env' in config && config.env?.A)).toEqual([
      '1',
      '1',
      '1',
      '1',
      '1',
    ]);
  });

  it('measures pairs in one lease', () => {
    const written = request.parse({
      ...{ name: 'r', source: { commit: 'abcdefg' }, base: { commit: '1234567', pairs: 4 } },
      tasks: [
        { task_id: 't', executor: 'command', repetitions: 2, config: { command: ['run', '{commit}'] } },
        { task_id: 'u', executor: 'command', base: false, config: { command: ['other'] } },
      ],
    });
    const round = { round: 1, runs: 3, metrics: [metric('t-r1'), metric('u')] };
    const again = request.parse(repeatRequest(RUN, written, round, workers));
    expect(again.base).toMatchObject({ commit: '1234567', pairs: 4 });
    const expansion = expand(again);
    const tasks = expansion.ok ? expansion.tasks : [];
    expect(tasks.map(({ task_id, base_side }) => `${task_id} ${base_side?.pairs ?? 'none'}`)).toEqual([
      ...['again-1 4', 'again-2-r1 none', 'again-2-r2 none', 'again-2-r3 none'],
    ]);
  });

  it('is none where the run’s request has no such task', () => {
    const written = request.parse({ tasks: [{ task_id: 't', executor: 'noop' }] });
    expect(repeatRequest(RUN, written, { round: 1, runs: 1, metrics: [metric('x')] }, workers)).toBeUndefined();
  });
});
