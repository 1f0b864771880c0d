import { call } from '@benchwire/shared/client/http-client.ts';
import type { SnapshotFacts } from '@benchwire/shared/contracts/snapshot.ts';
import { Button, FileButton } from '@mantine/core';
import { IconFileImport } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useMay } from '../../api/session.ts';
import { useChange, useGet } from '../../api/use-api.ts';
import { formatNumber } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty, Failure } from '../../parts/states.tsx';
import { Ago, At } from '../../parts/time.tsx';
import { readSnapshotFile } from './read-snapshot-file.ts';

const COLUMNS: readonly Column<SnapshotFacts>[] = [
  {
    ...{ key: 'title', title: 'Snapshot', value: ({ title }) => title },
    cell: ({ id, title }) => <Link href={`/snapshots/${id}`}>{title}</Link>,
  },
  { key: 'page', title: 'Page', wide: true, value: ({ page }) => page.split('?')[0] ?? page },
  {
    ...{ key: 'taken_at', title: 'Taken', numeric: true, value: ({ taken_at }) => taken_at },
    cell: ({ taken_at }) => <Ago at={taken_at} />,
  },
  { key: 'saved_by', title: 'By', value: ({ saved_by }) => saved_by },
  {
    ...{ key: 'bytes', title: 'Size, kB', numeric: true, wide: true, value: ({ bytes }) => bytes },
    cell: ({ bytes }) => formatNumber(bytes / 1000),
  },
  {
    ...{ key: 'expires_at', title: 'Expires', numeric: true, value: ({ expires_at }) => expires_at ?? 'pinned' },
    cell: ({ expires_at }) => (expires_at === null ? 'pinned' : <At at={expires_at} />),
  },
];

/** Snapshots of pages, and the import of files of them. */
export default function SnapshotsPage(): ReactNode {
  const snapshots = useGet(call('GET /api/snapshots'));
  const [, navigate] = useLocation();
  const may = useMay('submitter');
  const [error, setError] = useState<Error>();
  const save = useChange(
    (body: Awaited<ReturnType<typeof readSnapshotFile>>) => call('POST /api/snapshots', { body }),
    ['/api/snapshots'],
  );
  const open = (file: File | null): void => {
    if (file === null) return;
    setError(undefined);
    readSnapshotFile(file)
      .then((content) => save.mutateAsync(content))
      .then(({ id }) => navigate(`/snapshots/${id}`))
      .catch(setError);
  };
  return (
    <>
      <PageHead title="Snapshots" note="Pages with the data that they showed when the snapshot was taken.">
        {may && (
          <FileButton onChange={open} accept="application/json,.json" resetRef={{ current: null }}>
            {(props) => (
              <Button {...props} variant="default" leftSection={<IconFileImport size={16} />} loading={save.isPending}>
                Import a file
              </Button>
            )}
          </FileButton>
        )}
      </PageHead>
      {error !== undefined && <Failure error={error} />}
      <Panel title="Snapshots">
        <Answer of={snapshots} height={200}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No snapshots yet">
                The camera button of a page stores what it shows. A snapshot can be shared by its link, or as a file.
              </Empty>
            ) : (
              <DataTable label="Snapshots" columns={COLUMNS} rows={items} rowKey={({ id }) => id} />
            )
          }
        </Answer>
      </Panel>
    </>
  );
}
