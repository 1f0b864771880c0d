import type { Label, Notification, NotificationItem } from '@benchwire/shared/contracts/notify.ts';
import { send, sendJson } from '@benchwire/shared/outbound/send.ts';
import type { Connector, Settings } from './connector.ts';
import { render } from './render.ts';

/** Alertmanager takes an alert for resolved that is not sent again until then; it is sent again every minute. */
const ACTIVE_MS = 5 * 60_000;
const ALERTS_PER_CALL = 200;
/** By these it knows an alert again: what is learned later, such as the incident, is not among them. */
const IDENTITY: readonly Label[] = [
  ...(['type', 'kind', 'benchmark', 'model', 'metric', 'executor', 'pool', 'worker', 'branch'] as const),
  ...(['repository', 'series'] as const),
];

export interface AlertmanagerSecrets {
  password: string | undefined;
  token: string | undefined;
}

/** Pushes alerts (API v2): active ones with an end that moves on while they are sent again, those that have ended with their end. */
export function alertmanager(
  { url, user }: Settings<'alertmanager'>,
  { password, token }: AlertmanagerSecrets,
): Connector {
  const base = url.replace(/\/+$/, '');
  const basic = user === undefined ? undefined : Buffer.from(`${user}:${password ?? ''}`).toString('base64');
  const authorization = basic === undefined ? token && `Bearer ${token}` : `Basic ${basic}`;
  const common = { headers: authorization ? { authorization } : {}, secrets: [basic, password, token] };
  const push = async (
    messages: readonly Notification[],
    dashboard_url: string | undefined,
    signal: AbortSignal,
  ): Promise<void> => {
    const now_ms = Date.now();
    const alerts = messages.flatMap((message) =>
      message.items.map((item) => alertOf(item, message, { now_ms, dashboard_url })),
    );
    for (let i = 0; i < alerts.length; i += ALERTS_PER_CALL)
      await send({ ...common, url: `${base}/api/v2/alerts`, json: alerts.slice(i, i + ALERTS_PER_CALL), signal });
  };
  return {
    deliver: async ({ notification, dashboard_url }, signal) => {
      if (notification.reason === 'test')
        await sendJson({ ...common, method: 'GET', url: `${base}/api/v2/status`, signal });
      else await push([notification], dashboard_url, signal);
      return null;
    },
    refresh: (messages, dashboard_url, signal) =>
      push(
        messages.filter(({ items }) => items.some(({ state }) => state !== 'ended')),
        dashboard_url,
        signal,
      ),
  };
}

function alertOf(
  item: NotificationItem,
  message: Notification,
  { now_ms, dashboard_url }: { now_ms: number; dashboard_url: string | undefined },
): object {
  const { alert_id, state, severity, title, facts, command, labels = {} } = item;
  const named = IDENTITY.flatMap((label) => (labels[label] === undefined ? [] : [[label, labels[label]]]));
  const [rendered] = render({ notification: { ...message, items: [item] }, dashboard_url }).items;
  const has_ended = state === 'ended';
  return {
    labels: { ...Object.fromEntries(named), alertname: alertName(labels.kind), severity, alert_id },
    annotations: {
      ...{ summary: title, description: facts.map(({ label, text }) => `${label}: ${text}`).join('\n'), state },
      ...(command === null ? {} : { command }),
    },
    startsAt: item.opened_at ?? message.at,
    endsAt: has_ended ? message.at : new Date(now_ms + ACTIVE_MS).toISOString(),
    ...(rendered?.url === undefined ? {} : { generatorURL: rendered.url }),
  };
}

/** `BenchwireRegression`, `BenchwireWorkerLost`. */
const alertName = (kind = 'alert'): string =>
  `Benchwire${kind
    .split('_')
    .map((word) => `${word[0]?.toUpperCase() ?? ''}${word.slice(1)}`)
    .join('')}`;
