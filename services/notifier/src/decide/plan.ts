import type { Label, Notification, NotifyRules, Silence, StoredRules } from '@benchwire/shared/contracts/notify.ts';
import type { Alert, AlertBook } from './alert.ts';
import { compose, messageId, type Told } from './compose.ts';
import { type Group, groupsOf } from './group.ts';
import { afterQuietHours, nextClock } from './hours.ts';
import { type Destination, destinations, labelsOf, matches } from './matching.ts';
import type { Outbox, Sent } from './outbox.ts';
import { keysFor, TRAITS, takes } from './traits.ts';

const WAIT_SECONDS = 30;
const INTERVAL_SECONDS = 300;
/** A message that was sent is revised this long after its first change, with what else changes until then. */
const CHANGED_MS = 5000;

export interface Situation {
  alerts: AlertBook;
  outbox: Outbox;
  stored: StoredRules;
  silences: readonly Silence[];
  /** Alerts about the fleet that somebody looks after. */
  acknowledged: ReadonlySet<string>;
}

/** An alert that is to be sent somewhere, and was not yet. */
interface Pending extends Told {
  to: Destination;
  labels: Partial<Record<Label, string>>;
  keys: string[];
}

/** The messages that are due. Made again from the same situation they are the same: pure. */
export function plan(situation: Situation, now_ms: number): Notification[] {
  const { rules } = situation.stored;
  if (rules.route === undefined) return [];
  const pending = new Map<string, Pending[]>();
  for (const one of pendingAlerts(situation, rules, now_ms)) {
    const place = `${one.to.receiver} ${one.to.at}`;
    pending.set(place, [...(pending.get(place) ?? []), one]);
  }
  const fresh = [...pending.values()].flatMap((members) =>
    groupsOf(members, ({ keys }) => keys).flatMap((group) => newMessage(situation, group, now_ms)),
  );
  const known = [...situation.outbox.messages()].flatMap((sent) => followUp(situation, sent, now_ms));
  return [...fresh, ...known];
}

function* pendingAlerts(situation: Situation, rules: NotifyRules, now_ms: number): Generator<Pending> {
  const { alerts, outbox, stored, silences, acknowledged } = situation;
  if (rules.route === undefined) return;
  const quarantined = rules.inhibit_while_quarantined ? quarantinedPools(alerts) : new Set<string>();
  for (const alert of alerts.all()) {
    if (alert.state !== 'open' && alert.state !== 'suspected') continue;
    if (acknowledged.has(alert.alert_id)) continue;
    const { pool, type } = alert.labels;
    if (type === 'finding' && pool !== undefined && quarantined.has(pool)) continue;
    const labels = labelsOf(alert, rules);
    if (isSilenced(labels, silences, now_ms)) continue;
    for (const to of destinations(labels, rules.route)) {
      if (alert.state === 'suspected' && to.send_suspected !== true) continue;
      const since_ms = Date.parse(stored.receivers_since[to.receiver] ?? stored.at);
      if ((alert.opened_ms ?? alert.changed_ms) < since_ms) continue;
      if (outbox.covering(to.receiver, alert.alert_id) !== undefined) continue;
      const receiver = rules.receivers.find(({ name }) => name === to.receiver);
      if (receiver === undefined || !takes(receiver, alert.labels)) continue;
      const { connector } = receiver;
      const has_digest = to.digest !== undefined && TRAITS[connector].groups === 'shared';
      const { alert_id } = alert;
      const keys = has_digest ? ['digest'] : keysFor(connector, { alert_id, labels, group_by: to.group_by });
      // What the other side groups is not kept back here.
      const waits = TRAITS[connector].groups === 'alert' ? { wait_seconds: 0, ...to } : to;
      yield { alert, severity: labels.severity, to: waits, labels, keys };
    }
  }
}

/** Pools of devices that are in quarantine. */
function quarantinedPools(alerts: AlertBook): Set<string> {
  const pools = new Set<string>();
  for (const { labels, state } of alerts.all()) {
    if (labels.kind !== 'worker_quarantined' || state === 'ended') continue;
    for (const pool of alerts.poolsOf(labels.worker ?? '')) pools.add(pool);
  }
  return pools;
}

const isSilenced = (labels: Pending['labels'], silences: readonly Silence[], now_ms: number): boolean =>
  silences.some(
    ({ match, from, until }) => Date.parse(from) <= now_ms && now_ms < Date.parse(until) && matches(labels, match),
  );

function newMessage(situation: Situation, group: Group<Pending>, now_ms: number): Notification[] {
  const [first] = group.members;
  if (first === undefined) return [];
  const { to } = first;
  if (now_ms < dueAt(situation, group, to)) return [];
  const ids = group.members.map(({ alert }) => alert.alert_id);
  return [
    compose({
      ...{ message_id: messageId(to.receiver, ids, 'new'), revision: 1, receiver: to.receiver, route: to.at },
      ...{ reason: 'new', now_ms, told: group.members, group: group.keys },
    }),
  ];
}

function dueAt({ outbox }: Situation, { members, keys }: Group<Pending>, to: Destination): number {
  const first_ms = Math.min(...members.map(({ alert }) => alert.changed_ms));
  if (to.digest !== undefined) return nextClock(first_ms, to.digest.at, to.digest.time_zone);
  const wait_ms = (to.wait_seconds ?? WAIT_SECONDS) * 1000;
  const interval_ms = (to.interval_seconds ?? INTERVAL_SECONDS) * 1000;
  const shared = new Set(keys);
  let due = first_ms + wait_ms;
  for (const { latest, first_ms: sent_ms } of outbox.messages())
    if (latest.receiver === to.receiver && latest.group.some((key) => shared.has(key)))
      due = Math.max(due, sent_ms + interval_ms);
  const is_urgent = members.some(({ severity }) => to.quiet_hours?.except.includes(severity) === true);
  return to.quiet_hours === undefined || is_urgent ? due : afterQuietHours(due, to.quiet_hours);
}

/** The next revision of a message whose alerts have changed, or the message that says what of it is still open. */
function followUp(situation: Situation, { latest, latest_ms }: Sent, now_ms: number): Notification[] {
  const { alerts, stored, outbox } = situation;
  const { receiver, message_id, revision, group, route } = latest;
  const rules = stored.rules.receivers.find(({ name }) => name === receiver);
  if (rules === undefined || latest.reason === 'test') return [];
  const covered = Object.entries(latest.alerts).flatMap(([alert_id, before]) => {
    const alert = alerts.get(alert_id);
    // In a later message it is that one's to follow.
    const is_ours = outbox.covering(receiver, alert_id)?.latest.message_id === message_id;
    return alert === undefined || !is_ours ? [] : [{ alert, before }];
  });
  const changed = covered.filter(({ alert, before }) => alert.state !== before);
  const told = covered.map(({ alert }) => ({ alert, severity: labelsOf(alert, stored.rules).severity }));
  if (changed.length > 0) {
    const first_ms = Math.min(...changed.map(({ alert }) => alert.changed_ms));
    const pause_ms = TRAITS[rules.connector].edits ? 0 : INTERVAL_SECONDS * 1000;
    if (now_ms < Math.max(first_ms + CHANGED_MS, latest_ms + pause_ms)) return [];
    return [compose({ message_id, revision: revision + 1, receiver, route, reason: 'changed', now_ms, told, group })];
  }
  return repeated(situation, { latest, latest_ms, told }, now_ms);
}

function repeated(
  { stored, silences, acknowledged }: Situation,
  { latest, latest_ms, told }: { latest: Notification; latest_ms: number; told: readonly Told[] },
  now_ms: number,
): Notification[] {
  const { receiver, message_id, group, route } = latest;
  const root = stored.rules.route;
  if (root === undefined) return [];
  const due = told.filter(({ alert }: { alert: Alert }) => {
    if (alert.state !== 'open' || acknowledged.has(alert.alert_id)) return false;
    const labels = labelsOf(alert, stored.rules);
    const to = destinations(labels, root).find((each) => each.receiver === receiver);
    if (to?.repeat_hours === undefined || isSilenced(labels, silences, now_ms)) return false;
    return now_ms >= latest_ms + to.repeat_hours * 3_600_000;
  });
  if (due.length === 0) return [];
  const ids = due.map(({ alert }) => alert.alert_id);
  const next_id = messageId(receiver, ids, `repeat of ${message_id}`);
  return [compose({ message_id: next_id, revision: 1, receiver, route, reason: 'repeat', now_ms, told: due, group })];
}
