import { ActionIcon, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { csvOf, download, fileName, jsonOf, type Table } from './download.ts';
import { notifyFailure } from './notify.ts';

export interface ExportMenuProps {
  /** What is exported, in words; the files are named after it. */
  of: string;
  /** Worked out when it is asked for. */
  table: () => Table | Promise<Table>;
  /** Pictures, by their format. */
  pictures?: Readonly<Record<string, () => Promise<Blob>>>;
}

/** A button that hands out what stands beside it as files. */
export function ExportMenu({ of, table, pictures = {} }: ExportMenuProps): ReactNode {
  const save = (format: string, make: () => Blob | Promise<Blob>): void => {
    Promise.resolve()
      .then(make)
      .then((content) => download(`${fileName(of)}.${format}`, content), notifyFailure);
  };
  const formats: Array<[string, () => Blob | Promise<Blob>]> = [
    ...Object.entries(pictures),
    ['csv', async () => csvOf(await table())],
    ['json', async () => jsonOf((await table()).rows)],
  ];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" className="bw-export" aria-label={`Export: ${of}`}>
          <IconDownload size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map(([format, make]) => (
          <Menu.Item key={format} onClick={() => save(format, make)}>
            {format.toUpperCase()}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
