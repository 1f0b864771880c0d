import { Button, Table, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { Table as Exported } from './download.ts';
import { ExportMenu } from './export-menu.tsx';
import { ColumnsMenu } from './list/columns-menu.tsx';
import { sortRows } from './sort-rows.ts';
import { useUrlState } from './url-state.ts';

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
  /** Where the server sorts: what by, and what asks for another order. The table sorts what it has unless this is set. */
  order?: TableOrder | 'as given';
  /** Columns can be hidden; which are is in the address. For one table of a page. */
  choosable?: boolean;
  /** Every row there is, for an export, where `rows` are those of some pages. */
  all?: () => Promise<readonly Row[]>;
}

interface Sorting {
  key: string;
  descending: boolean;
}

export interface TableOrder {
  sorting: Sorting;
  /** Keys of columns. */
  sortable: readonly string[];
  /** Whether a column that was not sorted by begins with the greatest. */
  startsDescending: (key: string) => boolean;
  onSort: (key: string, descending: boolean) => void;
}

/** A table with more columns than a phone is wide for becomes a list of cards there: each cell with its heading. */
const MAX_PHONE_COLUMNS = 3;
/** Keys of hidden columns, with commas between them. */
const HIDDEN = { hide: '' };

/** Rows under headings that sort them. Wide tables scroll in their own box, and are cards on a phone. */
export function DataTable<Row>(props: DataTableProps<Row>): ReactNode {
  const { label, rows, rowKey, most = 200, maxHeight, order, choosable = false, all } = props;
  const [own, setOwn] = useState<Sorting | undefined>(props.sorted);
  const [more, setMore] = useState(0);
  const [{ hide }, change] = useUrlState(HIDDEN);
  const hidden = new Set(choosable ? hide.split(',') : []);
  const columns = props.columns.filter(({ key }) => !hidden.has(key));
  const by = order === undefined ? columns.find(({ key }) => key === own?.key) : undefined;
  const ordered = by === undefined ? rows : sortRows(rows, by.value, own?.descending ?? false);
  const shown = most + more;
  const sorting = order === undefined ? own : order === 'as given' ? undefined : order.sorting;
  const onSort = (key: string, descending: boolean): void => {
    if (order === undefined) setOwn({ key, descending });
    else if (order !== 'as given') order.onSort(key, descending);
  };
  const isSortable = (key: string): boolean =>
    order === undefined || (order !== 'as given' && order.sortable.includes(key));
  const startsDescending = ({ key, numeric }: Column<Row>): boolean =>
    typeof order === 'object' ? order.startsDescending(key) : numeric === true;
  const titled = columns.filter(({ title, wide }) => title !== '' && wide !== true);
  const className = titled.length > MAX_PHONE_COLUMNS ? 'bw-table bw-cards' : 'bw-table';
  const heading = titled[0]?.key;
  const table = async (): Promise<Exported> => tableOf(props.columns, all === undefined ? ordered : await all());

  return (
    <div className="bw-exported">
      <div className="bw-table-tools">
        {choosable && (
          <ColumnsMenu
            of={label}
            columns={props.columns}
            hidden={hidden}
            onHide={(next) => change({ hide: [...next].filter(Boolean).join(',') })}
          />
        )}
        <ExportMenu of={label} table={table} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reached by the keyboard */}
      <section className={className} aria-label={label} tabIndex={0} style={{ maxHeight }}>
        <Table stickyHeader highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              {columns.map((column) => (
                <Heading
                  key={column.key}
                  column={column}
                  sorting={sorting}
                  onSort={isSortable(column.key) ? onSort : undefined}
                  startsDescending={startsDescending(column)}
                />
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {ordered.slice(0, shown).map((row) => (
              <Table.Tr key={rowKey(row)}>
                {columns.map(({ key, title, numeric, wide, value, cell }) => (
                  <Table.Td
                    key={key}
                    data-numeric={numeric}
                    data-wide={wide}
                    data-label={title === '' || key === heading ? undefined : title}
                    data-heading={key === heading || undefined}
                  >
                    {cell === undefined ? <Plain value={value(row)} /> : cell(row)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
      {ordered.length > shown && (
        <Button variant="subtle" size="compact-sm" mt={6} onClick={() => setMore(more + most)}>
          Show {Math.min(most, ordered.length - shown)} more of {ordered.length - shown}
        </Button>
      )}
    </div>
  );
}

/** Longer texts are shortened, and whole in the tooltip. */
const MAX_PLAIN = 40;

function Plain({ value }: { value: string | number | boolean | null }): ReactNode {
  if (typeof value !== 'string' || value.length <= MAX_PLAIN) return value ?? '–';
  return (
    <span className="bw-clip" title={value}>
      {value}
    </span>
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
  startsDescending,
}: {
  column: Column<Row>;
  sorting: Sorting | undefined;
  onSort: ((key: string, descending: boolean) => void) | undefined;
  startsDescending: boolean;
}): ReactNode {
  if (title === '') return <Table.Th data-wide={wide} className="bw-narrow" />;
  const active = sorting?.key === key ? sorting : undefined;
  const text = (
    <>
      <Plain value={title} />
      {unit !== undefined && <span className="bw-unit"> {unit}</span>}
    </>
  );
  const Arrow = active?.descending ? IconArrowDown : IconArrowUp;
  return (
    <Table.Th
      data-numeric={numeric}
      data-wide={wide}
      title={hint}
      aria-sort={active === undefined ? 'none' : active.descending ? 'descending' : 'ascending'}
    >
      {onSort === undefined ? (
        <span className="bw-sort">{text}</span>
      ) : (
        <UnstyledButton
          className="bw-sort"
          onClick={() => onSort(key, active === undefined ? startsDescending : !active.descending)}
        >
          {text}
          {active !== undefined && <Arrow size={13} aria-hidden />}
        </UnstyledButton>
      )}
    </Table.Th>
  );
}
