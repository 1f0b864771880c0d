import { z } from 'zod';

/** Forms that the signatures share: lists, pages, and parameters of queries, whose values come as text. */

/** A number of a query. */
export const limitOf = (fallback: number, most = 1000) =>
  z.coerce.number().pipe(z.int().min(1).max(most)).default(fallback);

/** How far back, at most 30 days. */
export const minutesOf = (fallback: number) => z.coerce.number().pipe(z.int().min(1).max(43_200)).default(fallback);

/** A parameter that may be repeated: one value or several. */
export const listOf = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === undefined || Array.isArray(value) ? value : [value]), z.array(schema).optional());

/** A list with pages: `next_cursor` is the `cursor` of the next question, null at the end. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() });
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** A list that has no pages. */
export const listAnswer = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

/** The `next_cursor` of the page before. */
export const cursor = z
  .string()
  .max(1024)
  .regex(/^[A-Za-z0-9_-]*$/, 'use the next_cursor of the page before')
  .optional();

/** How a report comes. Since 0.6. */
export const reportFormat = z.enum(['html', 'pdf']).default('html');

/** An HTML file as text, or a PDF. */
export const reportAnswer = z.union([z.string(), z.instanceof<typeof Uint8Array<ArrayBufferLike>>(Uint8Array)]);

/** A time, within what the tables hold. */
export const since = z.iso
  .datetime({ offset: true })
  .regex(/^(?:19[7-9]|2[01]\d)\d-/, 'a year from 1970 to 2199')
  .optional();
