import type { Page } from '@benchwire/shared/contracts/api/lists.ts';
import { z } from 'zod';
import { HttpProblem } from '../problem.ts';

/** A time of a query in the form that the tables have. */
export const instant = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : new Date(text).toISOString();

/** What the last row of a page has in the column that is sorted by. */
export const sortedValue = z.union([z.string(), z.number()]);

/** Where the next page begins, as text that says nothing to a client. */
function encodeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** A cursor of another list, or of none. */
export const wrongCursor = (): HttpProblem =>
  new HttpProblem(400, 'CURSOR_INVALID', 'This cursor was not given out here: begin again without one.', [
    { path: 'cursor', code: 'invalid', message: 'use the next_cursor of the page before' },
  ]);

/** @throws HttpProblem 400 for one that was not given out here */
export function decodeCursor<T>(text: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    if (parsed.success) return parsed.data;
  } catch {
    throw wrongCursor();
  }
  throw wrongCursor();
}

/** A page of an answer; there is a next one where a limit cut it. */
export function page<T>(answer: { rows: T[]; truncated: boolean }, placeOf: (last: T) => unknown): Page<T> {
  const last = answer.rows.at(-1);
  return {
    items: answer.rows,
    next_cursor: answer.truncated && last !== undefined ? encodeCursor(placeOf(last)) : null,
  };
}

/** A list that always comes whole, up to its limit. */
export function onePage<T>({ rows }: { rows: T[] }): Page<T> {
  return { items: rows, next_cursor: null };
}
