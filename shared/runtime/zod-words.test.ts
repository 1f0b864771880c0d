import { expect, it } from 'vitest';
import { z } from 'zod';
import './zod-words.ts';

const ZOD_OWN = /Invalid (input|option|string|number|key)|Too (small|big)|Unrecognized|[Ee]xpected/;

it.each([
  [z.number().max(100), 200, 'takes at most 100, not 200'],
  [z.number().gt(0), 0, 'takes more than 0, not 0'],
  [z.int(), 1.5, 'takes a whole number'],
  [z.string().min(1), '', 'takes at least 1 character, and this has 0'],
  [z.string().length(2), 'abc', 'takes exactly 2 characters, and this has 3'],
  [z.array(z.int()).max(1), [1, 2], 'takes at most 1 entry, and this has 2'],
  [z.enum(['a', 'b']), 'c', 'takes one of a, b'],
  [z.literal('a'), 'c', 'takes only a'],
  [z.uuid(), 'x', 'is not a UUID'],
  [z.iso.datetime(), 'x', 'is not a time such as 2026-11-22T06:00:00.000Z'],
  [z.string().regex(/^a$/), 'b', 'does not match /^a$/'],
  [z.string().startsWith('https:'), 'b', 'must begin with https:'],
  [z.strictObject({}), { x: 1 }, 'has the unknown field "x"'],
  [z.object({ a: z.string() }), {}, 'is missing: it takes a text'],
  [z.boolean(), 1, 'takes true or false'],
  [z.union([z.string(), z.number()]), true, 'has none of the forms that are possible here'],
  [z.number().multipleOf(4), 3, 'takes a multiple of 4'],
  [z.record(z.string().max(1), z.int()), { ab: 1 }, 'has a name that is not valid here'],
  [z.string('a text of our own'), 1, 'a text of our own'],
  [z.number().refine(() => false), 1, 'is not valid'],
])('%# says what is wrong without the words of the library', (schema: z.ZodType, value, message) => {
  const found = schema.safeParse(value).error?.issues[0]?.message ?? '';
  expect(found).toBe(message);
  expect(found).not.toMatch(ZOD_OWN);
});
