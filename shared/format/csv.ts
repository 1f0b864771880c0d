import { visibleLines } from './visible-text.ts';

/**
 * RFC 4180: a header, then a line per row; objects and lists as JSON.
 * What a spreadsheet would take for a formula gets a `'` before it, and characters that nobody sees are made visible.
 */
export function toCsv(columns: readonly string[], rows: ReadonlyArray<Record<string, unknown>>): string[] {
  return [columns.map(cell).join(','), ...rows.map((row) => columns.map((column) => cell(row[column])).join(','))];
}

/** What begins like a formula (OWASP, CSV injection), also behind blanks and in the full-width forms that some versions take. */
const FORMULA = /^[\s\ufffd]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\n]/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  const text = visibleLines(typeof value === 'object' ? JSON.stringify(value) : String(value));
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
