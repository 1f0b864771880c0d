import { z } from 'zod';
import { HttpProblem } from '../problem.ts';

/** Numbers of a query come as text. */
export const limitOf = (fallback: number, most = 1000) =>
  z.coerce.number().pipe(z.int().min(1).max(most)).default(fallback);

/** One value or several of a parameter that may be repeated. */
export const listOf = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === undefined || Array.isArray(value) ? value : [value]), z.array(schema).optional());

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() });
export const listAnswer = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
/** As `encodeCursor` writes it. */
export const cursor = z
  .string()
  .max(1024)
  .regex(/^[A-Za-z0-9_-]*$/, 'use the next_cursor of the page before')
  .optional();
/** A time of a query, within what the tables hold; `instant` gives it the form that they have. */
export const since = z.iso
  .datetime({ offset: true })
  .regex(/^(?:19[7-9]|2[01]\d)\d-/, 'a year from 1970 to 2199')
  .optional();
export const instant = (text: string | undefined): { since?: string } =>
  text === undefined ? {} : { since: new Date(text).toISOString() };

/** Where the next page begins, as text that says nothing to a client. */
function encodeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** @throws HttpProblem 400 for one that was not given out here */
export function decodeCursor<T>(text: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (text === undefined || text === '') return undefined;
  const wrong = (): HttpProblem =>
    new HttpProblem(400, 'CURSOR_INVALID', 'This cursor was not given out here: begin again without one.', [
      { path: 'cursor', code: 'invalid', message: 'use the next_cursor of the page before' },
    ]);
  try {
    const parsed = schema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    if (parsed.success) return parsed.data;
  } catch {
    throw wrong();
  }
  throw wrong();
}

/** A page of an answer; there is a next one where a limit cut it. */
export function page<T>(
  answer: { rows: T[]; truncated: boolean },
  placeOf: (last: T) => unknown,
): { items: T[]; next_cursor: string | null } {
  const last = answer.rows.at(-1);
  return {
    items: answer.rows,
    next_cursor: answer.truncated && last !== undefined ? encodeCursor(placeOf(last)) : null,
  };
}
