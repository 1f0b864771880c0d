import type { Call } from '@benchwire/shared/client/http-client.ts';
import type { Page } from '@benchwire/shared/contracts/api/lists.ts';
import { Button } from '@mantine/core';
import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { allPages } from '../../api/all-pages.ts';
import { type Column, DataTable, type TableOrder } from '../data-table.tsx';
import { Answer } from '../states.tsx';

export interface ServerListProps<Row> {
  label: string;
  /** The pages that were asked for, and the question, which an export asks to its end. */
  of: UseInfiniteQueryResult<Row[], Error>;
  asked: Call<Page<Row>>;
  columns: ReadonlyArray<Column<Row>>;
  rowKey: (row: Row) => string;
  order?: TableOrder;
  /** Where there are no rows. */
  empty: ReactNode;
}

/** A list that the server filters, sorts and hands out in pages. */
export function ServerList<Row>({ label, of, asked, columns, rowKey, order, empty }: ServerListProps<Row>): ReactNode {
  return (
    <>
      <Answer of={of} height={300}>
        {(rows) =>
          rows.length === 0 ? (
            empty
          ) : (
            <DataTable
              label={label}
              columns={columns}
              rows={rows}
              rowKey={rowKey}
              most={rows.length}
              order={order ?? 'as given'}
              choosable
              all={() => allPages(asked)}
            />
          )
        }
      </Answer>
      <ShowMore of={of} />
    </>
  );
}

/** Asks for the next page of a list, where there is one. */
export function ShowMore({ of }: { of: UseInfiniteQueryResult<unknown, Error> }): ReactNode {
  if (!of.hasNextPage) return null;
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      mt={6}
      loading={of.isFetchingNextPage}
      onClick={() => void of.fetchNextPage()}
    >
      Show more
    </Button>
  );
}
