import type { Call } from '@benchwire/shared/client/http-client.ts';
import type { Page } from '@benchwire/shared/contracts/api/lists.ts';
import { notifications } from '@mantine/notifications';
import { api } from './client.ts';

/** More rows than these are a job for `bw sql`. */
const MAX_ROWS = 100_000;

/** Every row of a list, asked for page by page: for an export of all, and not of what is shown. */
export async function allPages<Item>(what: Call<Page<Item>>): Promise<Item[]> {
  const rows: Item[] = [];
  let cursor: string | null = '';
  while (cursor !== null && rows.length < MAX_ROWS) {
    const page: Page<Item> = await api.send({ ...what, query: { ...what.query, limit: 1000, cursor } });
    rows.push(...page.items);
    cursor = page.next_cursor;
  }
  if (cursor !== null) {
    const message = `It has the first ${rows.length} rows. Narrow the filters, or export all of them with bw sql.`;
    notifications.show({ color: 'orange', title: 'The export is not complete', message, autoClose: false });
  }
  return rows;
}
