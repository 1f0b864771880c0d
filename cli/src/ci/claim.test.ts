import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { metricOf, reportWith } from '../../test-support/ci-report.ts';
import { InvalidRequestError } from '../errors.ts';
import { claimedReport, MAX_ARTIFACT_BYTES, readArtifact } from './claim.ts';
import { reportMarkdown } from './markdown.ts';
import type { CodeHost } from './publish/publish.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bw-claim-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const report = reportWith([metricOf('slower')]);
const HEAD = report.build.head_commit as string;
const trusted = { provider: 'github', commit: HEAD, repository: 'acme/models' } as const;
const hostAt = (head: string): CodeHost => ({
  name: 'GitHub',
  forge: {
    ...{ comment_characters: 65_536, headOf: async () => head },
    ...{ verify: async () => '', putCheck: async () => undefined },
  },
});
const read = (content: string | object): ReturnType<typeof readArtifact> => {
  writeFileSync(join(folder, 'a.json'), typeof content === 'string' ? content : JSON.stringify(content));
  return readArtifact('a.json', folder);
};

describe('an artifact of an untrusted job', () => {
  it('is read back', async () => {
    expect(await read(report)).toEqual(report);
  });

  it.each([
    ['what is not JSON', '{', /not a valid artifact of bw ci/],
    ['what is nested without an end', '['.repeat(500_000), /not a valid artifact of bw ci/],
    ['another form', { schema: 'benchwire-ci-report/9' }, /not a valid artifact of bw ci/],
    ['a field of its own', { ...report, script: 'rm' }, /not a valid artifact of bw ci/],
    ['a commit that is none', { ...report, build: { ...report.build, commit: '--upload-pack=x' } }, /not a valid/],
    ['an address that is a script', { ...report, url: 'javascript:alert(1)' }, /not a valid artifact of bw ci/],
    ['too much', `"${'x'.repeat(MAX_ARTIFACT_BYTES)}"`, /has \d+ bytes/],
  ])('%s is refused', async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  it('each place is named, and a link is not followed', async () => {
    const wrong = read({ ...report, tasks: { total: -1, completed: 0 } });
    await expect(wrong).rejects.toBeInstanceOf(InvalidRequestError);
    await expect(wrong).rejects.toMatchObject({ lines: [expect.stringContaining('tasks.total')] });
    symlinkSync('/etc/passwd', join(folder, 'link.json'));
    await expect(readArtifact('link.json', folder)).rejects.toThrow('not a regular file');
    await expect(readArtifact('none.json', folder)).rejects.toThrow('cannot be read');
  });
});

describe('what is posted of it', () => {
  const options = { trusted, name: 'benchwire (fork)', host: hostAt(HEAD) };

  it('has the name, the addresses and the repository of the trusted side, and says where it is from', async () => {
    const evil = { ...report, name: 'build', build: { ...report.build, repository: 'evil/models' } };
    const claimed = await claimedReport(evil, options);
    expect(claimed).toMatchObject({ name: 'benchwire (fork)', url: null });
    expect(claimed.build).toEqual({ ...trusted, pull_request: 12, is_fork: true });
    const text = reportMarkdown(claimed, 65_535);
    expect(text).toContain('has not measured it');
    expect(text).not.toContain('evil');
    expect(text).not.toContain('bench.example.com');
  });

  it.each([
    [
      'another commit than the event’s',
      { ...options, trusted: { ...trusted, commit: 'abcdef0123456789' } },
      /about commit 3f1c/,
    ],
    [
      'another pull request than the event’s',
      { ...options, trusted: { ...trusted, pull_request: 13 } },
      /about pull request 12/,
    ],
    [
      'a pull request that is at another commit',
      { ...options, host: hostAt('abcdef0123456789') },
      /is at commit abcdef/,
    ],
    ['no commit to compare with', { ...options, trusted: {} }, /--commit/],
  ])('%s is not', async (_, wrong, message) => {
    await expect(claimedReport(report, wrong)).rejects.toThrow(message);
  });
});
