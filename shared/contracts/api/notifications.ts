import { z } from 'zod';
import { timestamp, token } from '../ids.ts';
import { delivery, matchers, notification, silence } from '../notify.ts';
import { CONNECTORS } from '../notify-receiver.ts';
import { limitOf, listAnswer } from './lists.ts';
import { signatures } from './signature.ts';

/** What applies, as it was written; null where nobody has written any. */
const rulesAnswer = z.object({
  rules: z
    .object({
      text: z.string(),
      by: z.string(),
      at: timestamp,
      receivers: z.array(z.object({ name: token, connector: z.enum(CONNECTORS) })),
      /** Whether anything is sent. */
      has_route: z.boolean(),
    })
    .nullable(),
});
const made = z.object({ message_id: z.string() });

const sentItem = notification.omit({ v: true, group: true }).extend({
  /** What became of its latest revision; null while nothing was tried. */
  delivery: delivery.omit({ v: true }).nullable(),
});
export type SentItem = z.infer<typeof sentItem>;

export const notificationApi = signatures({
  'GET /api/notifications/rules': {
    role: 'viewer',
    summary: 'Who gets findings and faults of the fleet: the rules as they were written',
    answer: rulesAnswer,
  },
  'PUT /api/notifications/rules': {
    role: 'admin',
    summary: 'Put rules in the place of those that apply (docs/notifications.md); wrong ones change nothing',
    body: z.strictObject({ text: z.string().max(200_000) }),
    max_body_bytes: 1_000_000,
    answer: rulesAnswer,
  },
  'GET /api/notifications/messages': {
    role: 'viewer',
    summary: 'What was sent, newest first, and what could not be',
    query: z.strictObject({ limit: limitOf(100) }),
    answer: listAnswer(sentItem),
  },
  'POST /api/notifications/messages/:message_id/resend': {
    role: 'operator',
    summary: 'Send a message again',
    params: z.object({ message_id: token }),
    answer: made,
  },
  'POST /api/notifications/receivers/:receiver/test': {
    role: 'operator',
    summary: 'Send a test message to a receiver',
    params: z.object({ receiver: token }),
    answer: made,
  },
  'GET /api/notifications/silences': {
    role: 'viewer',
    summary: 'What keeps alerts back, and until when',
    answer: listAnswer(silence),
  },
  'POST /api/notifications/silences': {
    role: 'operator',
    summary: 'Keep alerts back for a time',
    body: z.strictObject({
      match: matchers,
      seconds: z.number().min(60).max(31_622_400),
      reason: z.string().trim().min(1).max(2000),
    }),
    answer: silence,
    status: 201,
  },
  'DELETE /api/notifications/silences/:silence_id': {
    role: 'operator',
    summary: 'End a silence now',
    params: z.object({ silence_id: token }),
    answer: z.null(),
    status: 204,
  },
});
