import type { Issue } from '../contracts/request.ts';

/** A mistake in a text, and where it stands: both from 1 on, as editors count; null for the text as a whole. */
export interface TextIssue extends Issue {
  line: number | null;
  column: number | null;
}

/** Scalars that print otherwise than they were written (`1.10`, `1e3`), by path. */
export type Sources = ReadonlyMap<string, string>;
