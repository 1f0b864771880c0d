import { request } from '@benchwire/shared/contracts/request.ts';
import { describe, expect, it } from 'vitest';
import { comparedRequest } from './compared-request.ts';

const source = { commit: '3f1c0b5b7c6f', branch: 'faster' };
const base = { commit: '0a1b2c3d4e5f', branch: 'main' };
const command = { command: ['node', 'b.js'], working_directory: '/srv' };
const decode = {
  task_id: 'decode',
  executor: 'command',
  config: { ...command, prepare: ['git', 'checkout', '{commit}'] },
};
const fixed = { task_id: 'fixed', executor: 'command', config: command };
const repeats = true;

describe('a request for CI', () => {
  it('gets a base side, its source, and repetitions of what cannot be decided', () => {
    const { value, notes } = comparedRequest({ name: 'n', tasks: [decode] }, { source, base, repeats });
    expect(value).toEqual({ name: 'n', tasks: [decode], source, base, gate: { on_cannot_tell: 'repeat' } });
    expect(notes).toEqual([]);
    request.parse(value);
  });

  it('leaves tasks to their history that would run the same on both sides', () => {
    const { value, notes } = comparedRequest({ tasks: [decode, fixed] }, { source, base, repeats });
    expect((value as { tasks: unknown[] }).tasks).toEqual([decode, { ...fixed, base: false }]);
    expect(notes[0]).toMatch(/^1 task of 2 is compared with the history/);
    const alone = comparedRequest(fixed, { source, base, repeats });
    expect(alone.value).not.toHaveProperty('base');
    expect(alone.notes[0]).toMatch(/^The tasks are compared with the history/);
  });

  it('leaves what the request says itself: its own base and gate', () => {
    const own = { base: { commit: 'aaaaaaa', pairs: 10 }, gate: { on_cannot_tell: 'pass', min_change_percent: 3 } };
    const { value } = comparedRequest({ ...own, tasks: [decode] }, { source, base, repeats });
    expect(value).toMatchObject(own);
    expect(comparedRequest({ tasks: [decode] }, { source, base: undefined, repeats: false }).value).toEqual({
      tasks: [decode],
      source,
    });
  });
});
