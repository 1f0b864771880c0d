import { Button } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import type { Column } from './data-table.tsx';
import { notifyFailure } from './notify.ts';

/** A column with a button that does something to its row; while it is under way the button says so. */
export function actionColumn<Row extends { id: string }>(
  key: string,
  label: string,
  act: UseMutationResult<unknown, Error, Row>,
): Column<Row> {
  return {
    key,
    title: '',
    value: () => '',
    cell: (row) => (
      <Button
        size="compact-xs"
        variant="default"
        loading={act.isPending && act.variables.id === row.id}
        onClick={() => act.mutate(row, { onError: notifyFailure })}
      >
        {label}
      </Button>
    ),
  };
}
