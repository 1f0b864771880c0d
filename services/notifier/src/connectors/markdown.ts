import type { Notification, NotificationItem, SeriesChart } from '@benchwire/shared/contracts/notify.ts';
import type { Verdict } from '@benchwire/shared/forges/forge.ts';
import { escapedMarkdown } from '@benchwire/shared/forges/markdown.ts';
import type { Outgoing } from './connector.ts';
import { render } from './render.ts';

/** Messages that share a place, as one text. */
export interface MarkdownPage {
  title: string;
  verdict: Verdict;
  /** With as many items as fit. */
  body: string;
  url: string | null;
}

/** What is open first. Pure. */
export function pageOf(
  { dashboard_url }: Pick<Outgoing, 'dashboard_url'>,
  messages: readonly Notification[],
  max_characters: number,
): MarkdownPage {
  const sorted = messages.toSorted((a, b) => Number(isOver(a)) - Number(isOver(b)));
  const parts = sorted.map((notification) => render({ notification, dashboard_url }));
  const blocks = parts.flatMap(({ title, items, more }) => [
    ...items.map((item) => blockOf(item.title === '' ? title : item.title, item)),
    ...(more === undefined ? [] : [more]),
  ]);
  const title = titleOf(sorted, parts[0]?.title ?? 'Nothing is open');
  const url = parts.flatMap(({ items }) => items).find((item) => item.url !== undefined)?.url ?? null;
  return { title, verdict: verdictOf(messages), body: joined(blocks, max_characters), url };
}

const isOver = ({ alerts }: Notification): boolean => Object.values(alerts).every((state) => state === 'ended');

function titleOf(messages: readonly Notification[], first: string): string {
  if (messages.length === 1) return first;
  const states = messages.flatMap(({ alerts }) => Object.values(alerts));
  const open = states.filter((state) => state !== 'ended').length;
  return open === 0 ? `All ${states.length} findings have ended` : `${open} of ${states.length} findings are open`;
}

/** Red while something open is worse than information; an acknowledged or suspected one stops nobody. Pure. */
function verdictOf(messages: readonly Notification[]): Verdict {
  const states = new Set(
    messages.flatMap(({ alerts, severity }) =>
      Object.values(alerts).map((state) => (state === 'open' && severity === 'info' ? 'suspected' : state)),
    ),
  );
  if (states.has('open')) return 'failure';
  return states.has('suspected') || states.has('acknowledged') ? 'neutral' : 'success';
}

type RenderedItem = ReturnType<typeof render>['items'][number];

function blockOf(title: string, { facts, url, command, chart }: RenderedItem): string {
  const rows = facts.map(({ label, text }) => `| ${escapedMarkdown(label)} | ${escapedMarkdown(text)} |`);
  const name = escapedMarkdown(title);
  return [
    `### ${url === undefined ? name : `[${name}](${url})`}`,
    ...(rows.length === 0 ? [] : ['', '| | |', '|---|---|', ...rows]),
    ...(chart === undefined
      ? []
      : ['', `\`${sparkline(chart)}\` ${escapedMarkdown(chart.title)}, the last after the bar`]),
    ...(command === undefined ? [] : ['', `Measure again: \`${command}\``]),
  ].join('\n');
}

const BARS = '▁▂▃▄▅▆▇█';
const SPARK_VALUES = 30;

/** The series in a line of text, where no picture can be put: `▁▂▁▁│▇`. Pure. */
export function sparkline({ before, after }: Pick<SeriesChart, 'before' | 'after'>): string {
  const shown = before.slice(-SPARK_VALUES);
  const all = [...shown, ...after];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const bar = (value: number): string =>
    BARS[high > low ? Math.round(((value - low) / (high - low)) * (BARS.length - 1)) : 0] ?? '';
  return `${shown.map(bar).join('')}│${after.map(bar).join('')}`;
}

function joined(blocks: readonly string[], max_characters: number): string {
  const room = max_characters - 60;
  let body = '';
  for (const [at, block] of blocks.entries()) {
    const next = body === '' ? block : `${body}\n\n${block}`;
    if (next.length > room && at > 0) return `${body}\n\n… and ${blocks.length - at} more that do not fit here`;
    body = next;
  }
  return body;
}

/** What all items of a message have: they were put together by it. Pure. */
export function labelIn(
  notification: Notification,
  label: keyof NonNullable<NotificationItem['labels']>,
): string | undefined {
  return notification.items.find(({ labels }) => labels?.[label] !== undefined)?.labels?.[label];
}
