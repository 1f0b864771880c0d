import { toCsv } from '@benchwire/shared/format/csv.ts';

/** Hands the browser a file. */
export function download(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Something's words as a file's name: `Finished tasks, last 60 min` becomes `finished-tasks-last-60-min`. */
export function fileName(words: string): string {
  const name = words
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name.slice(0, 80) || 'benchwire';
}

export type Table = { columns: readonly string[]; rows: ReadonlyArray<Record<string, unknown>> };

export const csvOf = ({ columns, rows }: Table): Blob =>
  new Blob([`${toCsv(columns, rows).join('\n')}\n`], { type: 'text/csv' });

export const jsonOf = (value: unknown): Blob =>
  new Blob([`${JSON.stringify(value, null, 2)}\n`], { type: 'application/json' });
