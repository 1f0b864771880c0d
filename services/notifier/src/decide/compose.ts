import { createHash } from 'node:crypto';
import { count } from '@benchwire/shared/compare/words.ts';
import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import {
  type Notification,
  type NotificationItem,
  SEVERITIES,
  type Severity,
} from '@benchwire/shared/contracts/notify.ts';
import type { Alert } from './alert.ts';

/** Alerts that a message describes; the others are counted. */
const MAX_ITEMS = 10;

/** An alert with how severe the rules take it to be. */
export interface Told {
  alert: Alert;
  severity: Severity;
}

export interface Composition {
  message_id: string;
  revision: number;
  receiver: string;
  route: string;
  reason: Notification['reason'];
  now_ms: number;
  told: readonly Told[];
  group: string[];
}

/** The message that says what alerts are now. Pure. */
export function compose({ told, now_ms, ...composition }: Composition): Notification {
  const sorted = told.toSorted(mostImportantFirst);
  return {
    v: MESSAGE_VERSION,
    ...composition,
    at: new Date(now_ms).toISOString(),
    title: titleOf(sorted, composition.reason),
    severity: sorted[0]?.severity ?? 'info',
    items: sorted.slice(0, MAX_ITEMS).map(itemOf),
    alerts: Object.fromEntries(sorted.map(({ alert }) => [alert.alert_id, alert.state])),
  };
}

/** An id that the same alerts have again, if the decision is made once more after a crash. Pure. */
export function messageId(receiver: string, alert_ids: readonly string[], reason: string): string {
  const text = JSON.stringify([receiver, reason, ...alert_ids.toSorted()]);
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

const importance = (severity: Severity): number => SEVERITIES.indexOf(severity);

function mostImportantFirst(a: Told, b: Told): number {
  const by_end = Number(a.alert.state === 'ended') - Number(b.alert.state === 'ended');
  const by_severity = importance(b.severity) - importance(a.severity);
  const change = ({ alert }: Told): number => Math.abs(alert.change_percent ?? 0);
  return by_end || by_severity || change(b) - change(a) || (a.alert.alert_id < b.alert.alert_id ? -1 : 1);
}

const STATE_WORDS = { suspected: 'suspected', open: '', acknowledged: 'acknowledged', ended: 'ended' } as const;

function itemOf({ alert, severity }: Told): NotificationItem {
  const { alert_id, state, title, facts, path, command, labels, chart } = alert;
  const shown = facts.map(([label, text]) => ({ label, text }));
  const opened_at = new Date(alert.opened_ms ?? alert.changed_ms).toISOString();
  const more = { labels, opened_at, ...(chart === undefined ? {} : { chart }) };
  return { alert_id, state, severity, title, facts: shown, path, command, ...more };
}

function titleOf(told: readonly Told[], reason: Notification['reason']): string {
  const [first] = told;
  if (first === undefined) return 'Nothing';
  const open = told.filter(({ alert }) => alert.state !== 'ended');
  if (told.length === 1) {
    const words = STATE_WORDS[first.alert.state];
    const still = reason === 'repeat' ? 'Still open: ' : '';
    return `${still}${first.alert.title}${words === '' ? '' : ` (${words})`}`;
  }
  if (open.length === 0) return `All ended: ${kindsOf(told)}`;
  const ended = told.length - open.length;
  const place = placeOf(open);
  return `${reason === 'repeat' ? 'Still open: ' : ''}${kindsOf(open)}${place}${ended === 0 ? '' : `, ${ended} ended`}`;
}

function kindsOf(told: readonly Told[]): string {
  const counts = new Map<string, number>();
  for (const { alert } of told) {
    const kind = (alert.labels.kind ?? 'alert').replaceAll('_', ' ');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const plural = (kind: string, of: number): string =>
    kind === 'failures' || kind === 'unusual' ? `${of} with ${kind}` : count(of, kind);
  return [...counts].map(([kind, of]) => plural(kind, of)).join(', ');
}

/** ` at 0123456789`, ` on cpu-12345678`: what all of them have in common. */
function placeOf(told: readonly Told[]): string {
  for (const [label, word] of [
    ['commit', 'at'],
    ['pool', 'on'],
  ] as const) {
    const values = new Set(told.map(({ alert }) => alert.labels[label]));
    const [value] = values;
    if (values.size === 1 && value !== undefined) return ` ${word} ${label === 'commit' ? value.slice(0, 10) : value}`;
  }
  return '';
}
