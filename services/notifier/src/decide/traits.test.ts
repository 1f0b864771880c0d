import { notifyRules } from '@benchwire/shared/contracts/notify.ts';
import { expect, it } from 'vitest';
import { isRepository, keysFor, takes } from './traits.ts';

const { receivers } = notifyRules.parse({
  receivers: [
    { name: 'hub', connector: 'github', repository: 'acme/bench', token: { env: 'T' } },
    { name: 'lab', connector: 'gitlab', project: 42, token: { env: 'T' } },
    { name: 'hook', connector: 'webhook', url: 'http://127.0.0.1:1/' },
  ],
});

it.each([
  ['https://github.com/acme/bench.git', true],
  ['git@github.com:Acme/Bench', true],
  ['acme/bench/', true],
  ['https://github.com/notacme/bench', false],
  ['https://github.com/acme/bench-2', false],
])('%s is acme/bench: %s', (written, is_it) => expect(isRepository(written, 'acme/bench')).toBe(is_it));

it('puts only what names a commit of the repository on a forge', () => {
  const commit = 'c'.repeat(40);
  const taken = (labels: object): boolean[] => receivers.map((receiver) => takes(receiver, labels));
  expect(taken({ commit, repository: 'https://github.com/acme/bench' })).toEqual([true, true, true]);
  expect(taken({ commit, repository: 'https://github.com/acme/other' })).toEqual([false, true, true]);
  expect(taken({ commit })).toEqual([true, true, true]);
  expect(taken({ pool: 'cpu-1' })).toEqual([false, false, true]);
});

it('groups by commit, incident or alert where the other side has one place for it', () => {
  const about = { alert_id: 'a', labels: { commit: 'c', pull_request: '7', pool: 'p', incident: 'i' } };
  const keys = (['webhook', 'github', 'jira', 'alertmanager'] as const).map((connector) =>
    keysFor(connector, { ...about, group_by: undefined }),
  );
  expect(keys).toEqual([['pool=p', 'commit=c'], ['commit=c pull_request=7'], ['incident=i'], ['alert=a']]);
});

it('wants a token or an app for GitHub', () => {
  const hub = { name: 'hub', connector: 'github', repository: 'acme/bench' };
  expect(notifyRules.safeParse({ receivers: [hub] }).error?.issues[0]?.message).toBe('needs either a token or an app');
  const pasted = notifyRules.safeParse({ receivers: [{ ...hub, token: 'ghp_pasted' }] });
  expect(JSON.stringify(pasted.error?.issues)).not.toContain('ghp_pasted');
});
