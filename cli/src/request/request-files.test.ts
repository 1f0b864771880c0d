import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSubmission } from '@benchwire/shared/contracts/check-submission.ts';
import { readRequest } from '@benchwire/shared/request-text/read-request-text.ts';
import { expect, it } from 'vitest';
import { InvalidRequestError } from '../errors.ts';
import { checkRequest } from './check-request.ts';
import { parseRequest } from './read-request.ts';

const FOLDER = join(import.meta.dirname, '../../../test/fixtures/requests');
/** By file: how many tasks it stands for, or what the answer says. */
const expected = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as Record<string, number | string[]>;

it('every file has an expected answer', () => {
  const files = readdirSync(FOLDER).filter((name) => name !== 'expected.json');
  expect(files.sort()).toEqual(Object.keys(expected).sort());
  expect(files.length).toBeGreaterThanOrEqual(30);
});

it.each(Object.entries(expected))('%s', (name, answer) => {
  const bytes = readFileSync(join(FOLDER, name));
  const read = readRequest(bytes);
  // What NATS, Kafka and HTTP say of the same bytes.
  const checked = read.ok ? checkSubmission(read.value) : read;
  if (typeof answer === 'number') {
    expect(checkRequest(parseRequest(name, bytes)).tasks).toHaveLength(answer);
    expect(checked).toMatchObject({ ok: true });
    return;
  }
  let lines = '';
  try {
    checkRequest(parseRequest(name, bytes));
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    lines = error.lines.join('\n');
  }
  for (const part of answer) expect(lines).toContain(part);
  expect(checked.ok).toBe(false);
});
