import type { RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { describe, expect, it } from 'vitest';
import { affectedBy, judgedData } from './stored-verdict.ts';

const run = (run_id: string, source: Parameters<typeof affectedBy>[0]['source']) => ({ run_id, source });

describe('the verdicts that a run changes when it ends', () => {
  it('are those of its commit, and of commits after it where it is late', () => {
    const others = [
      run('same', { commit: 'c5', position: 5 }),
      run('before', { commit: 'c4', position: 4 }),
      run('after', { commit: 'c6', position: 6 }),
      run('child', { commit: 'x', parents: ['c5'] }),
      run('branch', { commit: 'y', branch: 'b', base: 'c5' }),
      run('later-branch', { commit: 'z', branch: 'b', base: 'c7', base_position: 7 }),
      run('other', null),
      run('self', { commit: 'c5' }),
    ];
    const affected = affectedBy(run('self', { commit: 'c5', position: 5 }), others);
    expect(affected).toEqual(['same', 'after', 'child', 'branch', 'later-branch']);
    expect(affectedBy(run('self', null), others)).toEqual([]);
  });
});

describe('what lists are told', () => {
  const counts = { slower: 1, faster: 0, changed: 0, no_change: 0, cannot_tell: 0, new: 0 };
  const verdict = { is_final: true, outcome: 'fail', summary: 's', counts, metrics: [{}], not_decided: [] };
  const asked = (change: object, stored: Parameters<typeof judgedData>[1]) =>
    judgedData({ ...verdict, ...change } as unknown as RunVerdict, stored);
  const stored = { outcome: 'fail', summary: 's', counts, judged_at: '2026-01-01T00:00:00.000Z' } as const;

  it('is what they do not have yet', () => {
    const told = { outcome: 'fail', summary: 's', counts };
    expect(asked({}, null)).toEqual(told);
    expect(asked({}, stored)).toBeUndefined();
    expect(asked({}, { ...stored, outcome: 'pass' })).toEqual(told);
    expect(asked({}, { ...stored, counts: { slower: 2 } })).toEqual(told);
    expect(asked({}, { ...stored, counts: { slower: 1 } })).toBeUndefined();
  });

  it('is nothing of a run that goes on or measured nothing', () => {
    expect(asked({ is_final: false }, null)).toBeUndefined();
    expect(asked({ metrics: [] }, null)).toBeUndefined();
    expect(asked({ metrics: [], not_decided: [{}] }, null)).toBeDefined();
  });
});
