import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { natsPermissions, redisWorkerRules } from './roles.ts';

test('the viewer of docs/streams.md is the one of the contracts', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/streams.md'), 'utf8');
  const snippet = docs.slice(docs.indexOf('{ user: viewer'), docs.indexOf('```', docs.indexOf('{ user: viewer')));
  const written = [...snippet.matchAll(/"([^"]+)"/g)].map(([, subject]) => subject);
  const { publish, subscribe } = natsPermissions('viewer');
  expect(written.toSorted()).toEqual([...publish.allow, ...(publish.deny ?? []), ...subscribe.allow].toSorted());
});

test("a worker's keys follow the prefix", () => {
  expect(redisWorkerRules('lab')).toContain(' ~lab:bw-pool-* ');
  expect(redisWorkerRules('lab').match(/~/g)).toHaveLength(1);
});
