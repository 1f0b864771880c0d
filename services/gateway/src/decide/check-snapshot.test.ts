import type { SnapshotFile } from '@benchwire/shared/contracts/snapshot.ts';
import { snapshotFile } from '@benchwire/shared/contracts/snapshot.ts';
import { describe, expect, it } from 'vitest';
import { checkSnapshot } from './check-snapshot.ts';

const page = { items: [], next_cursor: null };
const fileWith = (changes: Partial<SnapshotFile['answers'][number]>, of: Partial<SnapshotFile> = {}): unknown => ({
  ...{ benchwire_snapshot: 1, title: 'runs', page: '/runs?status=failed', taken_at: '2026-11-22T02:00:00.000Z' },
  answers: [{ method: 'GET', path: '/api/runs', query: { limit: 50, tag: ['a', 'b'] }, answer: page, ...changes }],
  ...of,
});

describe('a file of a snapshot', () => {
  it('is taken where every answer is one of its route', () => {
    const file = snapshotFile.parse(fileWith({}));
    expect(checkSnapshot(file)).toEqual({ ok: true, file });
  });

  it.each([
    ['an answer of another form', { answer: { items: [{ run_id: 1 }], next_cursor: null } }, 'answers.0.answer.items'],
    ['a route that there is not', { path: '/api/nothing' }, 'answers.0.path'],
    ['what changes something', { method: 'POST', path: '/api/runs' }, 'answers.0.path'],
    ['a key', { path: '/api/keys' }, 'answers.0.path'],
    ['a file that is no page data', { path: '/api/digest/report' }, 'answers.0.path'],
  ] as const)('is refused for %s, which its issue names', (_, changes, path) => {
    const checked = checkSnapshot(snapshotFile.parse(fileWith(changes as never)));
    expect(checked.ok).toBe(false);
    if (!checked.ok) expect(checked.issues.map((issue) => issue.path).join()).toContain(path);
  });

  it.each([
    'javascript:alert(1)',
    '//evil.example',
    'https://evil.example',
    '/\\evil',
    '/runs?<script>',
    '/api/runs',
    '',
  ])('is refused for the page %j', (address) => {
    expect(snapshotFile.safeParse(fileWith({}, { page: address })).success).toBe(false);
  });

  it('leaves out of an answer what no contract knows', () => {
    const file = snapshotFile.parse(fileWith({ answer: { ...page, __proto__: null, html: '<img onerror=x>' } }));
    const checked = checkSnapshot(file);
    expect(checked.ok && checked.file.answers[0]?.answer).toEqual(page);
  });
});
