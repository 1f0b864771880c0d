import { z } from 'zod';
import { shorten } from '../format/shorten.ts';
import { visibleText } from '../format/visible-text.ts';
import { tokenEstimate } from './token-estimate.ts';
import { ToolError } from './tool-error.ts';

/** What an answer of a tool has at most. */
export const MAX_ANSWER_TOKENS = 2000;
/** Of these, for the line that says how to get more. */
const TAIL_TOKENS = 300;
/** One row never fills an answer alone. */
const MAX_ROW_CHARACTERS = 2000;

/** What a tool has found: a few lines about all of it, then one line a thing. */
export interface ToolAnswer {
  head: readonly string[];
  rows: readonly string[];
  /** Of the API's next page; null or absent at the end. */
  next_cursor?: string | null;
  /** What to ask next, as the last line of the last page. */
  hint?: string;
}

/** Where an answer goes on: the API's page, and the row in it. */
export interface Place {
  api_cursor: string | undefined;
  row: number;
}

const place = z.tuple([z.string().nullable(), z.int().min(0).max(1e9)]);

/** @throws ToolError for a cursor that no tool has given */
export function readCursor(cursor: string | undefined): Place {
  if (cursor === undefined || cursor === '') return { api_cursor: undefined, row: 0 };
  try {
    const [api_cursor, row] = place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return { api_cursor: api_cursor ?? undefined, row };
  } catch {
    throw new ToolError(
      'cursor: use the cursor of the answer before with the same arguments, or leave it out to begin.',
    );
  }
}

function writeCursor({ api_cursor, row }: Place): string {
  return Buffer.from(JSON.stringify([api_cursor ?? null, row])).toString('base64url');
}

/**
 * The text of an answer from a place on: as many rows as fit into MAX_ANSWER_TOKENS, and where there are more, the cursor that
 * continues. Characters that can't be seen are replaced. Pure.
 * @throws ToolError for a place behind the last row
 */
export function writeAnswer({ head, rows, next_cursor, hint }: ToolAnswer, from: Place): string {
  if (from.row > 0 && from.row >= rows.length)
    throw new ToolError('cursor: there is nothing more; what was listed has changed. Leave cursor out to begin again.');
  const is_first = from.row === 0 && from.api_cursor === undefined;
  const lines: string[] = [];
  let room = MAX_ANSWER_TOKENS - TAIL_TOKENS;
  const add = (text: string, most = MAX_ROW_CHARACTERS): boolean => {
    const line = fitting(visibleText(text), most);
    const tokens = tokenEstimate(line) + 1;
    if (tokens > room) return false;
    room -= tokens;
    lines.push(line);
    return true;
  };
  for (const line of is_first ? head : head.slice(0, 1)) add(line);
  let row = from.row;
  while (row < rows.length && add(rows[row] ?? '')) row += 1;
  const left = rows.length - row;
  const more = left > 0 || (next_cursor ?? null) !== null;
  if (more) {
    const next = left > 0 ? { ...from, row } : { api_cursor: next_cursor ?? undefined, row: 0 };
    lines.push(
      `MORE${left > 0 ? ` (${left} rows here)` : ''}: call again with the same arguments and cursor="${writeCursor(next)}"`,
    );
  } else if (hint !== undefined) lines.push(visibleText(hint));
  return lines.join('\n');
}

/** A line of so many characters and at most half of what an answer holds, so that each page has at least one row. */
function fitting(text: string, most: number): string {
  let line = shorten(text, most);
  while (tokenEstimate(line) > MAX_ANSWER_TOKENS / 2) line = shorten(line, Math.floor(line.length * 0.7));
  return line;
}

/** Named values in one line, without those that are empty: `run=0198… | state=failed`. */
export function fields(values: Readonly<Record<string, string | number | boolean | null | undefined>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${String(value).replaceAll(/\s*\n\s*/g, ' ')}`)
    .join(' | ');
}

/** With its sign and three significant digits. */
export function percent(value: number | null | undefined): string | null {
  return value === null || value === undefined ? null : `${value > 0 ? '+' : ''}${Number(value.toPrecision(3))} %`;
}
