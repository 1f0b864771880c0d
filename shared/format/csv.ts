/** RFC 4180: a header, then a line per row; objects and lists as JSON. */
export function toCsv(columns: readonly string[], rows: ReadonlyArray<Record<string, unknown>>): string[] {
  return [columns.map(cell).join(','), ...rows.map((row) => columns.map((column) => cell(row[column])).join(','))];
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
