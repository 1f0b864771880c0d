import type { NotificationItem, SeriesChart } from '@benchwire/shared/contracts/notify.ts';
import type { Outgoing } from './connector.ts';

/** An item for whatever shows it. */
interface Rendered {
  title: string;
  facts: NotificationItem['facts'];
  url: string | undefined;
  command: string | undefined;
  chart: SeriesChart | undefined;
}

export interface RenderedMessage {
  title: string;
  items: Rendered[];
  /** What is not described: `and 12 more`. */
  more: string | undefined;
}

const STATES: Readonly<Record<NotificationItem['state'], string>> = {
  suspected: ' (suspected)',
  open: '',
  acknowledged: ' (acknowledged)',
  ended: ' (ended)',
};
const MARKS = { info: 'ℹ️', warning: '⚠️', critical: '🔴' } as const;

/** What every connector says, in its own form. Pure. */
export function render({
  notification,
  dashboard_url,
}: Pick<Outgoing, 'notification' | 'dashboard_url'>): RenderedMessage {
  const { items, alerts, title, reason, severity } = notification;
  const rest = Object.keys(alerts).length - items.length;
  const is_over = Object.values(alerts).every((state) => state === 'ended') && Object.keys(alerts).length > 0;
  const mark = reason === 'test' ? '✉️' : is_over ? '✅' : MARKS[severity];
  return {
    title: `${mark} ${title}`,
    items: items.map(({ title: of_item, state, facts, path, command, chart }) => ({
      title: items.length === 1 && rest === 0 && title.includes(of_item) ? '' : `${of_item}${STATES[state]}`,
      facts,
      url: path === null || dashboard_url === undefined ? undefined : `${dashboard_url}${path}`,
      command: command ?? undefined,
      chart,
    })),
    more: rest > 0 ? `and ${rest} more` : undefined,
  };
}

/** As plain text. Pure. */
export function renderText(outgoing: Outgoing): string {
  const { title, items, more } = render(outgoing);
  const blocks = items.map(({ title: of_item, facts, url, command }) =>
    [
      of_item,
      ...facts.map(({ label, text }) => `${label}: ${text}`),
      command === undefined ? '' : `Measure again: ${command}`,
      url ?? '',
    ]
      .filter((line) => line !== '')
      .join('\n'),
  );
  return [title, ...blocks, more ?? ''].filter((part) => part !== '').join('\n\n');
}
