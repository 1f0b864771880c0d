import { Collected } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { ImportError } from '../import-error.ts';
import { numberOf } from '../read-values.ts';

/** Columns that are taken for what they are called, where the user names none. */
const NAMES = /^(benchmark|name|test|case)$/i;
const VALUES = /^(value|result|measurement|median|mean|time|duration|latency)$/i;
const UNITS = /^(unit|units)$/i;
const MAX_ROWS = 1_000_000;

/** A table with a heading: a column of names, one of values, maybe one of units; every other column is a parameter. */
export const csv: ImportFormat = {
  name: 'csv',
  title: 'CSV with a heading (--name-column, --value-column, --unit-column, --metric, --unit, --better)',
  detect: ({ text, json }) => {
    if (json !== undefined || /^\s*</.test(text)) return false;
    const heading = rowOf(text.slice(0, 10_000).split(/\r?\n/)[0] ?? '', separatorOf(text));
    return heading.some((column) => NAMES.test(column)) && heading.some((column) => VALUES.test(column));
  },
  parse(input, mapping) {
    const separator = separatorOf(input.text);
    const lines = input.text.split(/\r?\n/);
    if (lines.length > MAX_ROWS)
      throw new ImportError(
        input.file,
        `line ${MAX_ROWS + 1}`,
        `has ${lines.length} lines, at most ${MAX_ROWS} can be imported at once: split the file`,
      );
    const heading = rowOf(lines[0] ?? '', separator).map((column) => column.trim());
    const at = (asked: string | undefined, usual: RegExp, option: string): number => {
      const place = heading.findIndex((column) => (asked === undefined ? usual.test(column) : column === asked));
      if (place < 0 && (asked !== undefined || option !== '--unit-column'))
        throw new ImportError(
          input.file,
          'line 1',
          `has no column ${asked === undefined ? 'for this' : `"${asked}"`}: name one of ${heading.slice(0, 20).join(', ')} with ${option}`,
        );
      return place;
    };
    const [name, value] = [
      at(mapping.name_column, NAMES, '--name-column'),
      at(mapping.value_column, VALUES, '--value-column'),
    ];
    const unit = at(mapping.unit_column, UNITS, '--unit-column');
    const metric = mapping.metric ?? heading[value] ?? 'value';
    const collected = new Collected(input, 'csv');
    for (const [index, line] of lines.entries()) {
      if (index === 0 || line.trim() === '') continue;
      const row = rowOf(line, separator);
      if (row.length !== heading.length) {
        collected.leaveOut(`line ${index + 1}`, `rows that have not ${heading.length} columns were left out`);
        continue;
      }
      if (numberOf(row[value]) === undefined) {
        collected.leaveOut(`line ${index + 1}`, `rows whose ${heading[value]} is not a number were left out`);
        continue;
      }
      const others = heading.flatMap(
        (column, place): Array<[string, string]> =>
          [name, value, unit].includes(place) || column === '' ? [] : [[column, row[place] ?? '']],
      );
      const read = {
        unit: (unit < 0 ? undefined : row[unit]) || mapping.unit,
        better: mapping.better,
        statistic: 'value',
        value: row[value],
      } as const;
      collected.add(row[name], { [metric]: read }, { parameters: Object.fromEntries(others) });
    }
    return collected.file();
  },
};

/** What the heading has most of. */
function separatorOf(text: string): string {
  const [heading = ''] = text.slice(0, 10_000).split(/\r?\n/);
  const count = (separator: string): number => heading.split(separator).length;
  return [',', ';', '\t'].toSorted((a, b) => count(b) - count(a))[0] as string;
}

/** Cells of one line; one in quotes may hold the separator, and a quote as two. */
function rowOf(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator);
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i] as string;
    if (character === '"') {
      if (quoted && line[i + 1] === '"') cell += line[++i];
      else quoted = !quoted;
    } else if (character === separator && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += character;
  }
  return [...cells, cell];
}
