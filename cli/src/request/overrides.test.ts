import { request } from '@benchwire/shared/contracts/request.ts';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { applyOverrides, type Overrides } from './overrides.ts';

const written = (more: object = {}) => request.parse({ tasks: [{ task_id: 'a', executor: 'noop' }], ...more });
const none: Overrides = {
  request_id: undefined,
  name: undefined,
  tags: [],
  commit: undefined,
  branch: undefined,
  repo: undefined,
};
const git = { commit: 'c0', branch: 'main', repo: 'r' };

describe('the source of a run', () => {
  it('comes from git where nothing else is said', () => {
    expect(applyOverrides(written(), none, git).source).toEqual(git);
    expect(applyOverrides(written(), none, undefined)).not.toHaveProperty('source');
  });
  it('comes from the file rather than from git, and is not mixed with it', () => {
    expect(applyOverrides(written({ source: { commit: 'c1' } }), none, git).source).toEqual({ commit: 'c1' });
  });
  it('comes from the options above all', () => {
    const given = { ...none, commit: 'c2' };
    expect(applyOverrides(written({ source: { commit: 'c1', branch: 'b1' } }), given, git).source).toEqual({
      commit: 'c2',
      branch: 'b1',
    });
    expect(applyOverrides(written(), given, git).source).toEqual({ commit: 'c2' });
    expect(applyOverrides(written(), { ...none, branch: 'b' }, git).source).toEqual({ ...git, branch: 'b' });
  });
});

it('adds tags, a name and a request id', () => {
  const more = { ...none, tags: ['a=1', 'b=x=y'], name: 'n', request_id: 'i' };
  expect(applyOverrides(written({ tags: { a: '0', c: '3' }, name: 'old' }), more, undefined)).toMatchObject({
    tags: { a: '1', b: 'x=y', c: '3' },
    name: 'n',
    request_id: 'i',
  });
});

it.each([[{ tags: ['x'] }], [{ tags: ['=x'] }], [{ name: '' }], [{ commit: '' }], [{ request_id: 'x'.repeat(300) }]])(
  'refuses %j',
  (wrong) => expect(() => applyOverrides(written(), { ...none, ...wrong }, undefined)).toThrow(UsageError),
);
