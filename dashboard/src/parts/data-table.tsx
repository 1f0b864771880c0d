import { Button, Table, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { Table as Exported } from './download.ts';
import { ExportMenu } from './export-menu.tsx';
import { sortRows } from './sort-rows.ts';

export interface Column<Row> {
  /** Names the column, also in exports; with its unit where the heading has none: `latency_ms`. */
  key: string;
  /** Empty for a column of buttons or boxes, which is not sorted. */
  title: string;
  unit?: string;
  /** What the heading's tooltip says. */
  hint?: string;
  /** Numbers stand at the right. */
  numeric?: boolean;
  /** Left out on a phone. */
  wide?: boolean;
  /** What is sorted by and exported. */
  value: (row: Row) => string | number | boolean | null;
  /** What is shown, when that is more than the value. */
  cell?: (row: Row) => ReactNode;
}

export interface DataTableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Rows shown at first; a button shows more. */
  most?: number;
  maxHeight?: number;
  sorted?: Sorting;
}

interface Sorting {
  key: string;
  descending: boolean;
}

/** Rows under headings that sort them. Wide tables scroll in their own box. */
export function DataTable<Row>(props: DataTableProps<Row>): ReactNode {
  const { label, columns, rows, rowKey, most = 200, maxHeight } = props;
  const [sorting, setSorting] = useState<Sorting | undefined>(props.sorted);
  const [shown, setShown] = useState(most);
  const by = columns.find(({ key }) => key === sorting?.key);
  const ordered = by === undefined ? rows : sortRows(rows, by.value, sorting?.descending ?? false);

  return (
    <div className="bw-exported">
      <ExportMenu of={label} table={() => tableOf(columns, ordered)} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reached by the keyboard */}
      <section className="bw-table" aria-label={label} tabIndex={0} style={{ maxHeight }}>
        <Table stickyHeader highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              {columns.map((column) => (
                <Heading key={column.key} column={column} sorting={sorting} onSort={setSorting} />
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {ordered.slice(0, shown).map((row) => (
              <Table.Tr key={rowKey(row)}>
                {columns.map(({ key, numeric, wide, value, cell }) => (
                  <Table.Td key={key} data-numeric={numeric} data-wide={wide}>
                    {cell === undefined ? (value(row) ?? '–') : cell(row)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
      {ordered.length > shown && (
        <Button variant="subtle" size="compact-sm" mt={6} onClick={() => setShown(shown + most)}>
          Show {Math.min(most, ordered.length - shown)} more of {ordered.length - shown}
        </Button>
      )}
    </div>
  );
}

/** Every row, as they are sorted, with the values behind what is shown. */
function tableOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Exported {
  const named = columns.filter(({ title }) => title !== '');
  return {
    columns: named.map(({ key }) => key),
    rows: rows.map((row) => Object.fromEntries(named.map(({ key, value }) => [key, value(row)]))),
  };
}

function Heading<Row>({
  column: { key, title, unit, hint, numeric, wide },
  sorting,
  onSort,
}: {
  column: Column<Row>;
  sorting: Sorting | undefined;
  onSort: (sorting: Sorting) => void;
}): ReactNode {
  if (title === '') return <Table.Th data-wide={wide} className="bw-narrow" />;
  const active = sorting?.key === key ? sorting : undefined;
  const Arrow = active?.descending ? IconArrowDown : IconArrowUp;
  return (
    <Table.Th
      data-numeric={numeric}
      data-wide={wide}
      title={hint}
      aria-sort={active === undefined ? 'none' : active.descending ? 'descending' : 'ascending'}
    >
      <UnstyledButton
        className="bw-sort"
        onClick={() => onSort({ key, descending: active === undefined ? numeric === true : !active.descending })}
      >
        {title}
        {unit !== undefined && <span className="bw-unit"> {unit}</span>}
        {active !== undefined && <Arrow size={13} aria-hidden />}
      </UnstyledButton>
    </Table.Th>
  );
}
