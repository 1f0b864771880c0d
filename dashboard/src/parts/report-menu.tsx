import { type Query, withQuery } from '@benchwire/shared/client/http-client.ts';
import { Button, Menu } from '@mantine/core';
import { IconFileText } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { download } from './download.ts';
import { notifyFailure } from './notify.ts';

/** A report as a file: HTML, or PDF where the server has a browser that prints it. */
export function ReportMenu({ path, query = {} }: { path: string; query?: Query }): ReactNode {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconFileText size={16} />}>
          Report
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={withQuery(path, query)} download>
          HTML
        </Menu.Item>
        <PdfItem path={path} query={query} />
      </Menu.Dropdown>
    </Menu>
  );
}

/** An item of a menu: the report of a path as PDF. */
export function PdfItem({ path, query = {} }: { path: string; query?: Query }): ReactNode {
  return (
    <Menu.Item onClick={() => void saveReport(withQuery(path, { ...query, format: 'pdf' })).catch(notifyFailure)}>
      PDF
    </Menu.Item>
  );
}

/** Asked for here and not by a link: where it can't be made, the page says why. @throws Error */
export async function saveReport(url: string): Promise<void> {
  const answer = await fetch(url);
  if (!answer.ok) {
    const { detail = `The answer was ${answer.status}.` } = (await answer.json().catch(() => ({}))) as {
      detail?: string;
    };
    throw new Error(detail);
  }
  const name = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? 'report';
  download(name, await answer.blob());
}
