import { z } from 'zod';
import { visibleText } from '../format/visible-text.ts';
import { timestamp } from './ids.ts';

/** KV bucket: names and notes that people gave to workers and pools, by `<kind>.<id in base64url>`. Since 0.5. */
export const GIVEN_NAMES_BUCKET = 'given_names';

/** What can be given a name. Runs have one of their own, in their request. */
export const namedKind = z.enum(['worker', 'pool']);
export type NamedKind = z.infer<typeof namedKind>;

const MAX_NAME = 200;

/** What somebody says it is called, and what there is to know of it; either may be empty. */
export const namePut = z.strictObject({
  name: z
    .string()
    .trim()
    .max(MAX_NAME)
    .default('')
    .refine((name) => visibleText(name) === name, 'has control or invisible characters'),
  note: z.string().trim().max(2000).default(''),
});

export const givenName = z.object({
  v: z.literal(1),
  kind: namedKind,
  id: z.string().min(1).max(256),
  name: z.string(),
  note: z.string(),
  /** Who said so, and when. */
  by: z.string(),
  at: timestamp,
});
export type GivenName = z.infer<typeof givenName>;

/** A key of a bucket takes few characters; an id any. */
export function givenNameKey({ kind, id }: Pick<GivenName, 'kind' | 'id'>): string {
  return `${kind}.${Buffer.from(id).toString('base64url')}`;
}
