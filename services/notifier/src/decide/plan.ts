import type {
  Label,
  Notification,
  NotifyRules,
  Route,
  Silence,
  StoredRules,
} from '@benchwire/shared/contracts/notify.ts';
import type { ConnectorName, Receiver } from '@benchwire/shared/contracts/notify-receiver.ts';
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
  /** Alerts of which nothing is left to be sent under these rules; without it each look walks the tree for all of them. */
  settled?: WeakMap<Alert, StoredRules>;
}

/** An alert that is to be sent somewhere, and was not yet. */
interface Pending extends Told {
  to: Destination;
  labels: Partial<Record<Label, string>>;
  keys: string[];
}

/**
 * The messages that are due. Made again from the same situation they are the same. Each is made when it is asked for, so that
 * thousands of them need not be made at one go.
 */
export function* plan(situation: Situation, now_ms: number): Generator<Notification> {
  const { rules } = situation.stored;
  if (rules.route === undefined) return;
  const pending = new Map<string, Pending[]>();
  for (const one of pendingAlerts(situation, rules, now_ms)) {
    const place = `${one.to.receiver} ${one.to.at}`;
    const members = pending.get(place);
    if (members === undefined) pending.set(place, [one]);
    else members.push(one);
  }
  for (const members of pending.values())
    for (const group of groupsOf(members, ({ keys }) => keys)) yield* newMessage(situation, group, now_ms);
  const receivers = new Map(rules.receivers.map((receiver) => [receiver.name, receiver]));
  const repeats_ms = minRepeatMs(rules.route);
  for (const sent of situation.outbox.messages()) {
    const receiver = receivers.get(sent.latest.receiver);
    if (receiver !== undefined) yield* followUp(situation, { sent, receiver, repeats_ms }, now_ms);
  }
}

function* pendingAlerts(situation: Situation, rules: NotifyRules, now_ms: number): Generator<Pending> {
  const { alerts, stored, silences, acknowledged, settled } = situation;
  if (rules.route === undefined) return;
  const quarantined = rules.inhibit_while_quarantined ? quarantinedPools(alerts) : new Set<string>();
  for (const alert of alerts.all()) {
    if (settled?.get(alert) === stored) continue;
    const labels = labelsOf(alert, rules);
    const wanted = destinations(labels, rules.route).filter((to) => isMissing(situation, alert, to));
    if (wanted.length === 0) settled?.set(alert, stored);
    const { alert_id } = alert;
    const { pool, type } = alert.labels;
    if (wanted.length === 0 || acknowledged.has(alert_id)) continue;
    if (type === 'finding' && pool !== undefined && quarantined.has(pool)) continue;
    if (isSilenced(labels, silences, now_ms)) continue;
    for (const { to, connector } of wanted.flatMap((each) => withConnector(rules, each))) {
      const has_digest = to.digest !== undefined && TRAITS[connector].groups === 'shared';
      const keys = has_digest ? ['digest'] : keysFor(connector, { alert_id, labels, group_by: to.group_by });
      // What the other side groups is not kept back here.
      const waits = TRAITS[connector].groups === 'alert' ? { wait_seconds: 0, ...to } : to;
      yield { alert, severity: labels.severity, to: waits, labels, keys };
    }
  }
}

/** Whether an alert is to be sent there some time, and was not. Once it is not, it stays so while alert and rules are the same. */
function isMissing({ outbox, stored }: Situation, alert: Alert, to: Destination): boolean {
  if (alert.state !== 'open' && (alert.state !== 'suspected' || to.send_suspected !== true)) return false;
  const since_ms = Date.parse(stored.receivers_since[to.receiver] ?? stored.at);
  if ((alert.opened_ms ?? alert.changed_ms) < since_ms) return false;
  if (outbox.covering(to.receiver, alert.alert_id) !== undefined) return false;
  const receiver = stored.rules.receivers.find(({ name }) => name === to.receiver);
  return receiver !== undefined && takes(receiver, alert.labels);
}

function withConnector(rules: NotifyRules, to: Destination): Array<{ to: Destination; connector: ConnectorName }> {
  const receiver = rules.receivers.find(({ name }) => name === to.receiver);
  return receiver === undefined ? [] : [{ to, connector: receiver.connector }];
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
  const sent_ms = outbox.newestWith(to.receiver, keys);
  const due = Math.max(first_ms + wait_ms, sent_ms === undefined ? 0 : sent_ms + interval_ms);
  const is_urgent = members.some(({ severity }) => to.quiet_hours?.except.includes(severity) === true);
  return to.quiet_hours === undefined || is_urgent ? due : afterQuietHours(due, to.quiet_hours);
}

interface Known {
  sent: Sent;
  receiver: Receiver;
  /** The shortest time after which any route repeats what is open; infinite where none does. */
  repeats_ms: number;
}

/** The next revision of a message whose alerts have changed, or the message that says what of it is still open. */
function followUp(situation: Situation, { sent, receiver, repeats_ms }: Known, now_ms: number): Notification[] {
  const { latest, latest_ms } = sent;
  const { alerts, stored, outbox } = situation;
  const { message_id, revision, group, route } = latest;
  if (latest.reason === 'test') return [];
  const covered: Alert[] = [];
  let changed_ms = Number.POSITIVE_INFINITY;
  for (const alert_id in latest.alerts) {
    const alert = alerts.get(alert_id);
    // In a later message it is that one's to follow.
    if (alert === undefined || outbox.covering(receiver.name, alert_id)?.latest.message_id !== message_id) continue;
    covered.push(alert);
    if (alert.state !== latest.alerts[alert_id]) changed_ms = Math.min(changed_ms, alert.changed_ms);
  }
  const has_changed = Number.isFinite(changed_ms);
  // Of thousands of messages almost all end here at each look.
  if (!has_changed && now_ms < latest_ms + repeats_ms) return [];
  const told = covered.map((alert) => ({ alert, severity: labelsOf(alert, stored.rules).severity }));
  if (!has_changed) return repeated(situation, { latest, latest_ms, told }, now_ms);
  const pause_ms = TRAITS[receiver.connector].edits ? 0 : INTERVAL_SECONDS * 1000;
  if (now_ms < Math.max(changed_ms + CHANGED_MS, latest_ms + pause_ms)) return [];
  const composition = { message_id, revision: revision + 1, receiver: receiver.name, route, told, group };
  return [compose({ ...composition, reason: 'changed', now_ms })];
}

function minRepeatMs(route: Route): number {
  const own = route.repeat_hours === undefined ? Number.POSITIVE_INFINITY : route.repeat_hours * 3_600_000;
  return Math.min(own, ...route.routes.map(minRepeatMs));
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
