import type { Style } from './style.ts';
import { fit, oneLine, pad, textWidth } from './text-width.ts';

export interface Column<R> {
  title: string;
  /** The cell's text; what others wrote in it is made safe here. */
  cell: (row: R) => string;
  align?: 'left' | 'right';
  /** Left out first when the terminal is too narrow, highest number first. Those without one go last, from the right. */
  expendable?: number;
  /** Never left out, as the first column: what names the row, and the state it is in. */
  stays?: true;
  /** May be cut to this many characters when it still doesn't fit. */
  shrink_to?: number;
  /** Never wider than this, not even in a file: for texts that may be as long as their author liked. */
  at_most?: number;
  /** Colours a cell; gets it already padded. */
  paint?: (text: string, row: R, style: Style) => string;
}

export interface TableOptions {
  style: Style;
  /** Columns of the terminal; undefined for a file or a pipe, where nothing is left out or cut. */
  width: number | undefined;
}

const GAP = 2;

/**
 * Lays out rows under titles. Columns that are empty in every row are left out. In a terminal that is too narrow the
 * longest text is cut where that is enough; else the expendable columns go first, then the others but those that stay.
 * @returns the lines, without line ends
 */
export function renderTable<R>(rows: readonly R[], columns: ReadonlyArray<Column<R>>, options: TableOptions): string[] {
  let shown = columns
    .map((column) => {
      const cells = rows.map((row) => fit(oneLine(column.cell(row)), column.at_most ?? Number.POSITIVE_INFINITY));
      const width = Math.max(textWidth(column.title), ...cells.map(textWidth));
      return { column, cells, width };
    })
    .filter(({ cells }) => rows.length === 0 || cells.some((cell) => cell !== ''));
  const total = (): number => shown.reduce((sum, { width }) => sum + width + GAP, -GAP);

  if (options.width !== undefined) {
    const available = options.width;
    while (total() > available) {
      const rank = Math.max(...shown.map(({ column }) => column.expendable ?? 0));
      const longest = shown
        .filter(({ column, width }) => column.shrink_to !== undefined && width > column.shrink_to)
        .sort((a, b) => b.width - a.width)[0];
      const excess = total() - available;
      // A little cut from one text column costs less than a whole column.
      if (longest !== undefined && (rank === 0 || longest.width - excess >= (longest.column.shrink_to ?? 0))) {
        longest.width = Math.max(longest.column.shrink_to ?? 0, longest.width - excess);
      } else if (rank > 0) {
        shown = shown.filter(({ column }) => column.expendable !== rank);
      } else {
        const last = shown.findLastIndex(({ column }, index) => index > 0 && column.stays !== true);
        if (last < 0) break;
        shown.splice(last, 1);
      }
    }
  }

  const { style } = options;
  const header = shown.map(({ column, width }) => style.dim(pad(column.title, width, column.align)));
  const body = rows.map((row, index) =>
    shown.map(({ column, cells, width }) => {
      const cell = pad(fit(cells[index] ?? '', width), width, column.align);
      return column.paint === undefined ? cell : column.paint(cell, row, style);
    }),
  );
  return [header, ...body].map((cells) => cells.join(' '.repeat(GAP)).trimEnd());
}
