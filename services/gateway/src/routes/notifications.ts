import {
  addSilence,
  applyNotifyRules,
  askNotifier,
  endSilence,
  notifySilences,
  readNotifyRules,
} from '@benchwire/shared/client/notify.ts';
import { sentNotifications } from '@benchwire/shared/client/sent-notifications.ts';
import type { notificationApi } from '@benchwire/shared/contracts/api/notifications.ts';
import type { AnswerOf } from '@benchwire/shared/contracts/api/signature.ts';
import { type NotifyCommand, notifyRules } from '@benchwire/shared/contracts/notify.ts';
import { visibleText } from '@benchwire/shared/format/visible-text.ts';
import { readRequestText } from '@benchwire/shared/request-text/read-request-text.ts';
import { UnreachableError } from '@benchwire/shared/runtime/errors.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, notFound } from '../problem.ts';
import type { Handlers } from './route.ts';

export const notificationHandlers: Handlers<typeof notificationApi> = {
  'GET /api/notifications/rules': ({ gateway }) => rulesOf(gateway),

  'PUT /api/notifications/rules': async ({ gateway, body: { text }, caller }) => {
    const rules = readRules(text);
    await applyNotifyRules(gateway.client.nats, { text, rules, by: caller.subject, now_ms: Date.now() });
    return await rulesOf(gateway);
  },

  'GET /api/notifications/messages': async ({ gateway, query: { limit } }) => {
    const sent = (await sentNotifications(gateway.client.nats)).slice(0, limit);
    return {
      items: sent.map(({ message: { v: _, group: __, ...message }, delivery }) => {
        const { v: ___, ...last } = delivery ?? { v: 1 };
        return { ...message, delivery: 'state' in last ? last : null };
      }),
    };
  },

  'POST /api/notifications/messages/:message_id/resend': ({ gateway, params: { message_id } }) =>
    ask(gateway, { command: 'resend', message_id }),

  'POST /api/notifications/receivers/:receiver/test': ({ gateway, params: { receiver } }) =>
    ask(gateway, { command: 'test', receiver }),

  'GET /api/notifications/silences': async ({ gateway }) => {
    const now = new Date().toISOString();
    const all = await notifySilences.readIfAny(gateway.client.nats);
    return { items: all.filter(({ until }) => until > now) };
  },

  'POST /api/notifications/silences': ({ gateway, body: { match, seconds, reason }, caller }) =>
    addSilence(gateway.client.nats, { match, ms: seconds * 1000, reason, by: caller.subject, now_ms: Date.now() }),

  'DELETE /api/notifications/silences/:silence_id': async ({ gateway, params: { silence_id } }) => {
    if ((await endSilence(gateway.client.nats, silence_id, Date.now())) === undefined)
      throw notFound(`silence "${visibleText(silence_id)}"`);
    return null;
  },
};

/** @throws HttpProblem 422 with every issue and its place */
function readRules(text: string) {
  const read = readRequestText(text, 'yaml');
  const refuse = (issues: ConstructorParameters<typeof HttpProblem>[3]): never => {
    throw new HttpProblem(422, 'BODY_INVALID', 'The rules are not valid: nothing was changed.', issues);
  };
  if (!read.ok)
    return refuse(
      read.issues.map(({ line, path, code, message }) => ({
        ...{ path, code, message: line === null ? message : `line ${line}: ${message}` },
      })),
    );
  const { value, sources } = read.written;
  const parsed = parseWith(notifyRules, value, (path) => sources.get(path));
  return parsed.ok ? parsed.value : refuse(parsed.issues);
}

type RulesAnswer = AnswerOf<(typeof notificationApi)['GET /api/notifications/rules']>;

async function rulesOf({ client: { nats } }: Gateway): Promise<RulesAnswer> {
  const stored = await readNotifyRules(nats);
  if (stored === undefined) return { rules: null };
  const { text, by, at, rules } = stored;
  const receivers = rules.receivers.map(({ name, connector }) => ({ name, connector }));
  return { rules: { text, by, at, receivers, has_route: rules.route !== undefined } };
}

async function ask({ client: { nats } }: Gateway, command: NotifyCommand): Promise<{ message_id: string }> {
  const reply = await askNotifier(nats, command).catch((error: unknown) => {
    if (error instanceof UnreachableError) throw new HttpProblem(409, 'NO_NOTIFIER', `${error.message}.`);
    throw error;
  });
  if (reply.ok && reply.message_id !== undefined) return { message_id: reply.message_id };
  throw new HttpProblem(404, 'NOT_FOUND', `${reply.message ?? 'The notifier does not know it'}.`);
}
