import { userInfo } from 'node:os';
import {
  addSilence,
  applyNotifyRules,
  askNotifier,
  endSilence,
  notifyAcknowledgements,
  notifySilences,
  readNotifyRules,
} from '@benchwire/shared/client/notify.ts';
import { type SentNotification, sentNotifications } from '@benchwire/shared/client/sent-notifications.ts';
import {
  LABELS,
  type Matchers,
  matchers,
  type NotifyCommand,
  type NotifyRules,
  notifyRules,
  type Silence,
} from '@benchwire/shared/contracts/notify.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { didYouMean } from '@benchwire/shared/runtime/near-names.ts';
import { defineCommand } from '../arguments/command.ts';
import type { OptionSpecs, Values } from '../arguments/options.ts';
import { checkPluginReceivers } from '../connection/check-plugin-receivers.ts';
import { withStack } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { EXIT, InvalidRequestError, NotFoundError, UsageError } from '../errors.ts';
import { issueLines } from '../request/locate.ts';
import { readRequest } from '../request/read-request.ts';
import { renderTable } from '../terminal/table.ts';
import { oneLine } from '../terminal/text-width.ts';

const OPTIONS = {
  match: {
    kind: 'list',
    value: 'LABEL=TEXT',
    help: 'with silence: which alerts, * for any text; all of them have to fit',
  },
  for: { kind: 'text', value: 'TIME', help: 'with silence: how long (90min, 12h, 7d)' },
  reason: { kind: 'text', value: 'TEXT', help: 'with silence: why' },
  limit: { kind: 'count', value: 'N', help: 'with messages: how many (20)' },
} as const satisfies OptionSpecs;

const ACTIONS = [
  'show',
  'check',
  'apply',
  'test',
  'messages',
  'resend',
  'silence',
  'silences',
  'unsilence',
  'ack',
] as const;
const LONGEST_SILENCE_MS = 366 * 86_400_000;

export const notify = defineCommand({
  name: 'notify',
  summary: 'who gets findings and faults of the fleet, and what was sent',
  positionals: ['[ACTION]', '[WHAT]'],
  options: OPTIONS,
  details: `
bw notify show                       the rules that apply, as they were written
bw notify check FILE                 whether rules are valid; each error with its line
bw notify apply FILE                 checks rules and puts them in the place of those that apply
bw notify test RECEIVER              sends a message to one receiver
bw notify messages                   what was sent, and what could not be
bw notify resend MESSAGE             sends a message again
bw notify silence --match pool=cpu-1234abcd --for 2h --reason "new driver"
                                     keeps alerts back for a while; says before it ends that it does
bw notify silences                   the silences
bw notify unsilence SILENCE          ends one now
bw notify ack ALERT                  an alert about the fleet is looked after: it is not repeated (findings: bw findings acknowledge)

Labels: ${LABELS.join(', ')}.`,
  async run(context, values, [action = 'show', what = '']) {
    const needs = (name: string): string => {
      if (what === '') throw new UsageError(`${name} is missing: bw notify ${action} ${name}`);
      return what;
    };
    switch (action) {
      case 'show':
        return await show(context);
      case 'check': {
        const { rules } = await readRules(context, needs('FILE'));
        const { length } = rules.receivers;
        context.out.line(context.json ? JSON.stringify(rules) : `valid: ${length} receiver${length === 1 ? '' : 's'}`);
        return EXIT.ok;
      }
      case 'apply':
        return await apply(context, needs('FILE'));
      case 'test':
        return await ask(
          context,
          { command: 'test', receiver: needs('RECEIVER') },
          'is being sent: bw notify messages',
        );
      case 'resend':
        return await ask(context, { command: 'resend', message_id: needs('MESSAGE') }, 'is being sent again');
      case 'messages':
        return await messages(context, values.limit ?? 20);
      case 'silence':
        return await silenceAlerts(context, values);
      case 'silences':
        listSilences(context, await withStack(context, ({ nats }) => notifySilences.read(nats)));
        return EXIT.ok;
      case 'unsilence':
        return await unsilence(context, needs('SILENCE'));
      case 'ack':
        return await acknowledge(context, needs('ALERT'));
      default:
        throw new UsageError(
          `unknown action "${oneLine(action)}": use ${ACTIONS.join(', ')}.${didYouMean(action, ACTIONS)}`,
        );
    }
  },
});

/** @throws InvalidRequestError with each problem's line and column */
async function readRules(context: CliContext, file: string): Promise<{ text: string; rules: NotifyRules }> {
  const written = await readRequest(file, context.working_directory, context.stdin);
  const parsed = parseWith(notifyRules, written.value, (path) => written.sources.get(path));
  const issues = parsed.ok ? await checkPluginReceivers(context, parsed.value) : parsed.issues;
  if (parsed.ok && issues.length === 0) return { text: written.text, rules: parsed.value };
  throw new InvalidRequestError(written.name, issueLines(written, issues), 'set of rules');
}

async function show(context: CliContext): Promise<number> {
  const stored = await withStack(context, ({ nats }) => readNotifyRules(nats));
  if (context.json) context.out.line(JSON.stringify(stored ?? null));
  else if (stored === undefined)
    context.err.line(
      'no rules: nothing is sent. `bw notify apply FILE` sets some; docs/notifications.md has examples.',
    );
  else {
    context.err.line(`applied by ${oneLine(stored.by)} at ${stored.at}`);
    context.out.lines(stored.text.trimEnd().split('\n'));
  }
  return EXIT.ok;
}

async function apply(context: CliContext, file: string): Promise<number> {
  const { text, rules } = await readRules(context, file);
  const by = userInfo().username;
  await withStack(context, ({ nats }) => applyNotifyRules(nats, { text, rules, by, now_ms: context.now() }));
  const names = rules.receivers.map(({ name, connector }) => `${name} (${connector})`);
  if (context.json) context.out.line(JSON.stringify(rules));
  else {
    context.out.line(`applied: ${names.length === 0 ? 'no receivers' : names.join(', ')}`);
    if (rules.route === undefined) context.err.line('there is no route, so nothing is sent');
    else if (names.length > 0) context.err.line(`try it: bw notify test ${rules.receivers[0]?.name}`);
  }
  return EXIT.ok;
}

async function ask(context: CliContext, command: NotifyCommand, done: string): Promise<number> {
  const reply = await withStack(context, ({ nats }) => askNotifier(nats, command));
  if (!reply.ok) throw new NotFoundError(`${reply.message ?? 'the notifier says no'}.`);
  context.out.line(context.json ? JSON.stringify(reply) : `message ${reply.message_id} ${done}`);
  return EXIT.ok;
}

async function messages(context: CliContext, limit: number): Promise<number> {
  const sent = (await withStack(context, ({ nats }) => sentNotifications(nats))).slice(0, limit);
  if (context.json) {
    for (const one of sent) context.out.line(JSON.stringify(one));
    return EXIT.ok;
  }
  if (sent.length === 0) context.err.line('nothing was sent yet');
  const columns = [
    { title: 'message', cell: ({ message }: SentNotification) => message.message_id },
    { title: 'receiver', cell: ({ message }: SentNotification) => message.receiver },
    { title: 'state', cell: ({ delivery }: SentNotification) => delivery?.state ?? 'waiting' },
    { title: 'at', cell: ({ message, delivery }: SentNotification) => delivery?.at ?? message.at },
    { title: 'title', cell: ({ message }: SentNotification) => oneLine(message.title) },
    { title: 'why', cell: ({ delivery }: SentNotification) => oneLine(delivery?.reason ?? '') },
  ];
  context.out.lines(renderTable(sent, columns, { style: context.style, width: context.out.columns }));
  return EXIT.ok;
}

async function silenceAlerts(context: CliContext, values: Values<typeof OPTIONS>): Promise<number> {
  const match = matchersOf(values.match);
  const ms = lengthOf(values.for);
  const reason = values.reason?.trim() ?? '';
  if (reason === '') throw new UsageError('say why: --reason "new driver on lab-2"');
  const by = userInfo().username;
  const all = await withStack(context, async ({ nats }) => {
    await addSilence(nats, { match, ms, by, reason, now_ms: context.now() });
    return await notifySilences.read(nats);
  });
  listSilences(context, all);
  return EXIT.ok;
}

function matchersOf(pairs: readonly string[]): Matchers {
  if (pairs.length === 0) throw new UsageError('say which alerts: --match pool=cpu-1234abcd, or --match benchmark=*');
  const written: Record<string, string[]> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const label = pair.slice(0, Math.max(at, 0)).trim();
    if (!(LABELS as readonly string[]).includes(label))
      throw new UsageError(
        `"${oneLine(pair)}" is not LABEL=TEXT; labels are ${LABELS.join(', ')}.${didYouMean(label, LABELS)}`,
      );
    written[label] = [...(written[label] ?? []), pair.slice(at + 1)];
  }
  const parsed = parseWith(matchers, written);
  if (parsed.ok) return parsed.value;
  throw new UsageError(`--match: ${parsed.issues[0]?.message}`);
}

function lengthOf(text: string | undefined): number {
  const [, number, unit = ''] = /^(\d{1,5})\s*(min|h|d|w)$/.exec(text?.trim() ?? '') ?? [];
  const unit_ms: Record<string, number> = { min: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
  const ms = Number(number) * (unit_ms[unit] ?? Number.NaN);
  if (ms > 0 && ms <= LONGEST_SILENCE_MS) return ms;
  throw new UsageError('say how long, a year at most: --for 90min, --for 12h, --for 7d');
}

async function unsilence(context: CliContext, silence_id: string): Promise<number> {
  const changed = await withStack(context, ({ nats }) => endSilence(nats, silence_id, context.now()));
  if (changed === undefined)
    throw new NotFoundError(`there is no silence "${oneLine(silence_id)}": \`bw notify silences\` lists them.`);
  listSilences(context, changed);
  return EXIT.ok;
}

async function acknowledge(context: CliContext, alert_id: string): Promise<number> {
  const added = { alert_id, by: userInfo().username, at: new Date(context.now()).toISOString() };
  await withStack(context, ({ nats }) =>
    notifyAcknowledgements.change(nats, (before) =>
      [...before.filter((each) => each.alert_id !== alert_id), added].slice(-10_000),
    ),
  );
  context.out.line(context.json ? JSON.stringify(added) : `acknowledged: ${oneLine(alert_id)}`);
  return EXIT.ok;
}

function listSilences(context: CliContext, silences: readonly Silence[]): void {
  if (context.json) {
    context.out.line(JSON.stringify(silences));
    return;
  }
  const now = new Date(context.now()).toISOString();
  const open = silences.filter(({ until }) => until > now);
  if (open.length === 0) context.err.line('no silences');
  const columns = [
    { title: 'silence', cell: ({ silence_id }: Silence) => silence_id },
    { title: 'alerts', cell: ({ match }: Silence) => matchWords(match) },
    { title: 'until', cell: ({ until }: Silence) => until },
    { title: 'by', cell: ({ by }: Silence) => oneLine(by) },
    { title: 'reason', cell: ({ reason }: Silence) => oneLine(reason) },
  ];
  context.out.lines(renderTable(open, columns, { style: context.style, width: context.out.columns }));
}

const matchWords = (match: Matchers): string =>
  Object.entries(match)
    .map(([label, patterns]) => `${label}=${oneLine([patterns].flat().join('|'))}`)
    .join(' ');
