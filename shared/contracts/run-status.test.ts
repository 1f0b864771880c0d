import { expect, it } from 'vitest';
import { RUN_STATUSES, runStatus, statusesFoundBy } from './run-status.ts';

const none = { completed: 0, failed: 0, timed_out: 0, lost: 0 };

it.each([
  ['running', { state: 'accepted', total: 2 }],
  ['running', { state: 'accepted', total: 2, completed: 1, failed: 1 }],
  ['cancelling', { state: 'cancelling', total: 2, completed: 1 }],
  ['completed', { state: 'finished', total: 2, completed: 2 }],
  ['partly_failed', { state: 'finished', total: 2, completed: 1, failed: 1 }],
  ['partly_failed', { state: 'finished', total: 3, completed: 1, lost: 1 }],
  ['failed', { state: 'finished', total: 2, timed_out: 2 }],
  ['failed', { state: 'finished', total: 2, failed: 1 }],
  ['cancelled', { state: 'finished', total: 2, completed: 1 }],
  ['cancelled', { state: 'finished', total: 2 }],
])('is %s for %j', (status, run) => {
  expect(runStatus({ ...none, ...run })).toBe(status);
});

it('a filter finds its own status and those that are a kind of it', () => {
  for (const status of RUN_STATUSES) expect(statusesFoundBy(status)).toContain(status);
  expect(statusesFoundBy('failed')).toEqual(['failed', 'partly_failed']);
  expect(statusesFoundBy('running')).toEqual(['running', 'cancelling']);
  expect(statusesFoundBy('partly_failed')).toEqual(['partly_failed']);
});
