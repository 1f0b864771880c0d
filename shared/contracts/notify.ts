import { z } from 'zod';
import { messageVersion, timestamp, token } from './ids.ts';
import { receiver } from './notify-receiver.ts';

/**
 * What is sent to whom about findings and about the fleet's health: the rules that people write, and stream NOTIFICATIONS, which
 * has every message and what became of it. The notifier's state is a fold over that stream, FINDINGS and EVENTS.
 */
export const NOTIFICATIONS_SUBJECTS = 'bw.notification.*.*';

/** KV bucket with what people say: `rules`, `silences`, `acknowledgements`. */
export const NOTIFY_BUCKET = 'notify';
export const RULES_KEY = 'rules';
export const SILENCES_KEY = 'silences';
export const ACKNOWLEDGEMENTS_KEY = 'acknowledgements';

/** Request/reply, answered by the notifier that leads: send a test message, send again what failed. */
export const NOTIFY_COMMAND_SUBJECT = 'bw.notify.command';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export const severity = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severity>;

/** What an alert can be matched and grouped by. One that an alert does not have is empty. */
export const LABELS = [
  ...['type', 'kind', 'state', 'severity', 'benchmark', 'model', 'metric', 'executor', 'pool', 'worker'],
  ...['branch', 'commit', 'pull_request', 'repository', 'run', 'incident', 'series'],
] as const;
export type Label = (typeof LABELS)[number];
export type Labels = Partial<Record<Label, string>>;

const pattern = z.string().max(256).describe('any text, * for any part of it');
const patterns = z.union([pattern, z.array(pattern).min(1).max(50)], 'a text, or a list of texts');
/** Every label that is named has to fit one of its patterns. */
export const matchers = z.strictObject(
  Object.fromEntries(LABELS.map((label) => [label, patterns.optional()])) as Record<
    Label,
    z.ZodOptional<typeof patterns>
  >,
);
export type Matchers = z.infer<typeof matchers>;

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'takes a time such as 22:30');
const timeZone = z.string().default('UTC').refine(isTimeZone, 'takes a time zone such as Europe/Berlin');

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const quietHours = z.strictObject({
  from: clock,
  /** On the next day where it is earlier than `from`. */
  to: clock,
  time_zone: timeZone,
  /** These are sent all the same. */
  except: z.array(severity).default(['critical']),
});
export type QuietHours = z.infer<typeof quietHours>;

const seconds = z
  .number()
  .min(0)
  .max(7 * 86_400);

const routeFields = {
  match: matchers.default({}),
  receiver: token.optional(),
  /** Alerts with the same values of these are one message. Without: what shares a commit or a pool is. */
  group_by: z.array(z.enum(LABELS)).max(LABELS.length).optional(),
  /** How long the first alert of a group waits for others. */
  wait_seconds: seconds.optional(),
  /** Between two messages of a group at least. */
  interval_seconds: seconds.optional(),
  /** What is still open after so long is sent again; never without. */
  repeat_hours: z
    .number()
    .min(1 / 60)
    .max(24 * 30)
    .optional(),
  quiet_hours: quietHours.optional(),
  /** One message a day, at this time. */
  digest: z.strictObject({ at: clock, time_zone: timeZone }).optional(),
  /** Also findings that no re-run has confirmed yet. */
  send_suspected: z.boolean().optional(),
  /** Routes after this one are looked at, too. */
  continue: z.boolean().default(false),
};

/** A part of the tree: the first of `routes` that matches takes an alert; what a route does not say, the one above it says. */
export interface Route extends z.infer<z.ZodObject<typeof routeFields>> {
  routes: Route[];
}
export const route: z.ZodType<Route> = z.strictObject({
  ...routeFields,
  get routes() {
    return z.array(route).max(100).default([]);
  },
}) as unknown as z.ZodType<Route>;

const severityRule = z.strictObject({
  match: matchers,
  /** At least so many percent of change, in whichever direction. */
  min_change_percent: z.number().min(0).optional(),
  severity,
});

/** As people write them; docs/notifications.md. */
export const notifyRules = z
  .strictObject({
    receivers: z.array(receiver).max(100).default([]),
    route: route.optional(),
    /** The first that matches says how severe an alert is. */
    severities: z.array(severityRule).max(100).default([]),
    /** Findings of a pool wait while one of its devices is quarantined. */
    inhibit_while_quarantined: z.boolean().default(true),
  })
  .superRefine(({ receivers, route: root }, context) => {
    const names = new Set<string>();
    for (const [at, { name }] of receivers.entries()) {
      if (names.has(name))
        context.addIssue({ code: 'custom', path: ['receivers', at, 'name'], message: `"${name}" is there already` });
      names.add(name);
    }
    if (root === undefined) return;
    const check = (one: Route, path: Array<string | number>, above: string | undefined): void => {
      const to = one.receiver ?? above;
      if (one.receiver !== undefined && !names.has(one.receiver)) {
        const known = names.size === 0 ? 'there are no receivers' : `there are ${[...names].join(', ')}`;
        const message = `no receiver is called "${one.receiver}": ${known}`;
        context.addIssue({ code: 'custom', path: [...path, 'receiver'], message });
      } else if (to === undefined && one.routes.length === 0)
        context.addIssue({ code: 'custom', path, message: 'needs a receiver' });
      for (const [at, inner] of one.routes.entries()) check(inner, [...path, 'routes', at], to);
    };
    check(root, ['route'], undefined);
  });
export type NotifyRules = z.infer<typeof notifyRules>;

/** As they are kept: with the text that they were read from, which has its author's comments. */
export const storedRules = z.object({
  text: z.string(),
  rules: notifyRules,
  by: z.string(),
  at: timestamp,
  /** Since when each receiver is there: what was found before is not sent to it. */
  receivers_since: z.record(z.string(), timestamp),
});
export type StoredRules = z.infer<typeof storedRules>;

export const silence = z.object({
  silence_id: token,
  match: matchers,
  from: timestamp,
  until: timestamp,
  by: z.string().min(1).max(256),
  reason: z.string().min(1).max(2000),
});
export type Silence = z.infer<typeof silence>;
export const silences = z.array(silence).max(1000);

/** An alert about the fleet that somebody looks after: nothing more is sent of it until it has ended. Findings have a state of their own. */
export const acknowledgement = z.object({ alert_id: z.string(), by: z.string(), at: timestamp });
export type Acknowledgement = z.infer<typeof acknowledgement>;
export const acknowledgements = z.array(acknowledgement).max(10_000);

export const ALERT_STATES = ['suspected', 'open', 'acknowledged', 'ended'] as const;
/** `ended`: a finding was dismissed or went away, or what was wrong with the fleet is well again. */
export type AlertState = (typeof ALERT_STATES)[number];

/** A series around what was found, for a small picture. */
export const chart = z.object({
  title: z.string(),
  unit: z.string().nullable(),
  /** Values before, oldest first, with their middle and where 95 % of them lie. */
  before: z.array(z.number()),
  median: z.number(),
  low: z.number(),
  high: z.number(),
  /** What was found, and the re-runs since. */
  after: z.array(z.number()).min(1),
});
export type SeriesChart = z.infer<typeof chart>;

/** One alert in a message, as it was when the message was made. */
const item = z.object({
  alert_id: z.string(),
  state: z.enum(ALERT_STATES),
  severity,
  title: z.string(),
  facts: z.array(z.object({ label: z.string(), text: z.string() })),
  /** Path on the dashboard. */
  path: z.string().nullable(),
  /** Reproduces what was measured. */
  command: z.string().nullable(),
  /** What it can be matched by, since when it is open, and its series in numbers. All since 0.7. */
  labels: z.partialRecord(z.enum(LABELS), z.string()).optional(),
  opened_at: timestamp.optional(),
  chart: chart.optional(),
});
export type NotificationItem = z.infer<typeof item>;

export const MESSAGE_REASONS = ['new', 'changed', 'repeat', 'test'] as const;

/** What is to be sent to one receiver. The same message with the next revision replaces what was sent before it. */
export const notification = z.object({
  v: messageVersion,
  message_id: token,
  revision: z.int().min(1),
  receiver: token,
  /** Which route: its places in the tree, `0.2`. */
  route: z.string(),
  reason: z.enum(MESSAGE_REASONS),
  at: timestamp,
  title: z.string(),
  severity,
  /** The ones that are described; `alerts` has all. */
  items: z.array(item),
  /** Every alert of the message with its state at this revision. */
  alerts: z.record(z.string(), z.enum(ALERT_STATES)),
  /** Values of what the group has in common. */
  group: z.array(z.string()),
});
export type Notification = z.infer<typeof notification>;

/**
 * The same as the notifier reads it back: its items, which are nine tenths of it, as they were written. Only notifiers may publish there, and a
 * start reads tens of thousands.
 */
export const writtenNotification = notification.extend({
  items: z.array(z.custom<NotificationItem>((written) => typeof written === 'object' && written !== null)),
});

export const DELIVERY_STATES = ['sending', 'sent', 'retrying', 'failed'] as const;
/** What became of one revision of a message; the last one counts. */
export const delivery = z.object({
  v: messageVersion,
  message_id: token,
  revision: z.int().min(1),
  receiver: token,
  state: z.enum(DELIVERY_STATES),
  attempt: z.int().min(0),
  at: timestamp,
  /** What the other side calls it, for edits. */
  external_id: z.string().nullable().default(null),
  /** Why it was not taken. */
  reason: z.string().nullable().default(null),
  /** Of `retrying`. */
  next_at: timestamp.nullable().default(null),
});
export type Delivery = z.infer<typeof delivery>;

export const messageSubject = ({ receiver }: Pick<Notification, 'receiver'>): string =>
  `bw.notification.message.${receiver}`;
export const deliverySubject = ({ receiver }: Pick<Delivery, 'receiver'>): string =>
  `bw.notification.delivery.${receiver}`;

/** `Nats-Msg-Id`, and the idempotency key that receivers get. */
export const notificationKey = ({ message_id, revision }: Pick<Notification, 'message_id' | 'revision'>): string =>
  `${message_id}.${revision}`;

export const notifyCommand = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('test'), receiver: token }),
  z.strictObject({ command: z.literal('resend'), message_id: token }),
]);
export type NotifyCommand = z.infer<typeof notifyCommand>;
export const notifyReply = z.object({
  ok: z.boolean(),
  message: z.string().optional(),
  /** Of the message that was made or is sent again. */
  message_id: z.string().optional(),
});
export type NotifyReply = z.infer<typeof notifyReply>;
