import { randomUUID } from 'node:crypto';
import { type KV, Kvm } from '@nats-io/kv';
import {
  ACKNOWLEDGEMENTS_KEY,
  acknowledgements,
  NOTIFY_BUCKET,
  NOTIFY_COMMAND_SUBJECT,
  type NotifyCommand,
  type NotifyReply,
  type NotifyRules,
  notifyReply,
  RULES_KEY,
  SILENCES_KEY,
  type Silence,
  type StoredRules,
  silences,
  storedRules,
} from '../contracts/notify.ts';
import { UnreachableError } from '../runtime/errors.ts';
import { parseJson } from '../runtime/issues.ts';
import { isNobodyThere, type NatsConnection } from '../runtime/nats.ts';
import { RulesBucket } from './rules-bucket.ts';

const ANSWER_MS = 5000;

export const notifySilences: RulesBucket<Silence> = new RulesBucket(NOTIFY_BUCKET, SILENCES_KEY, silences);
export const notifyAcknowledgements = new RulesBucket(NOTIFY_BUCKET, ACKNOWLEDGEMENTS_KEY, acknowledgements);

/** The rules that apply; undefined where nobody has written any. */
export async function readNotifyRules(nats: NatsConnection): Promise<StoredRules | undefined> {
  return (await entryOf(await open(nats))).stored;
}

export interface AppliedRules {
  text: string;
  rules: NotifyRules;
  by: string;
  now_ms: number;
}

/** Puts rules in the place of those that apply. A receiver that was not there before hears of nothing older than now. */
export async function applyNotifyRules(nats: NatsConnection, { text, rules, by, now_ms }: AppliedRules): Promise<void> {
  const bucket = await open(nats);
  const at = new Date(now_ms).toISOString();
  const { stored, revision } = await entryOf(bucket);
  const since = rules.receivers.map(({ name }) => [name, stored?.receivers_since[name] ?? at]);
  const next: StoredRules = { text, rules, by, at, receivers_since: Object.fromEntries(since) };
  await bucket.put(RULES_KEY, JSON.stringify(next), { previousSeq: revision });
}

/** Silences that ended longer ago are not kept. */
const KEPT_MS = 30 * 86_400_000;

export interface NewSilence extends Pick<Silence, 'match' | 'by' | 'reason'> {
  /** How long, from now on. */
  ms: number;
  now_ms: number;
}

/** Keeps alerts back for a time. */
export async function addSilence(nats: NatsConnection, { ms, now_ms, ...rest }: NewSilence): Promise<Silence> {
  const times = { from: new Date(now_ms).toISOString(), until: new Date(now_ms + ms).toISOString() };
  const added: Silence = { silence_id: randomUUID().slice(0, 8), ...rest, ...times };
  await notifySilences.change(nats, (before) => [
    ...before.filter(({ until }) => Date.parse(until) > now_ms - KEPT_MS),
    added,
  ]);
  return added;
}

/** Ends a silence now. @returns the silences; undefined where there is none of that id */
export async function endSilence(
  nats: NatsConnection,
  silence_id: string,
  now_ms: number,
): Promise<Silence[] | undefined> {
  const now = new Date(now_ms).toISOString();
  return await notifySilences.change(nats, (before) =>
    before.some((each) => each.silence_id === silence_id)
      ? before.map((each) => (each.silence_id === silence_id && each.until > now ? { ...each, until: now } : each))
      : undefined,
  );
}

/**
 * Asks the notifier that leads.
 * @throws UnreachableError where none answers
 */
export async function askNotifier(nats: NatsConnection, command: NotifyCommand): Promise<NotifyReply> {
  try {
    const reply = await nats.request(NOTIFY_COMMAND_SUBJECT, JSON.stringify(command), { timeout: ANSWER_MS });
    const parsed = parseJson(notifyReply, reply.data);
    return parsed.ok ? parsed.value : { ok: false, message: 'the answer of the notifier cannot be read' };
  } catch (error) {
    if (isNobodyThere(error)) throw new UnreachableError('no notifier runs: `bw cluster` shows what does', error);
    throw new UnreachableError(`no notifier has answered within ${ANSWER_MS / 1000} s: try again`, error);
  }
}

const open = (nats: NatsConnection): Promise<KV> => new Kvm(nats).create(NOTIFY_BUCKET, { history: 1 });

async function entryOf(bucket: KV): Promise<{ stored: StoredRules | undefined; revision: number }> {
  const entry = await bucket.get(RULES_KEY);
  if (entry === null) return { stored: undefined, revision: 0 };
  const parsed = entry.operation === 'PUT' ? parseJson(storedRules, entry.value) : undefined;
  return { stored: parsed?.ok === true ? parsed.value : undefined, revision: entry.revision };
}
