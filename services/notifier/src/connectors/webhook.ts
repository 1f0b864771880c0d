import { createHmac } from 'node:crypto';
import type { SeriesChart } from '@benchwire/shared/contracts/notify.ts';
import { Refused } from '@benchwire/shared/outbound/errors.ts';
import { send } from '@benchwire/shared/outbound/send.ts';
import { chartPicture } from '../picture/chart-picture.ts';
import type { Connector } from './connector.ts';

export interface WebhookOptions {
  url: string;
  secret: string | undefined;
  /** Whether items have a PNG in base64. */
  pictures: boolean;
}

/**
 * POSTs the message as JSON. `Idempotency-Key` is the same for every attempt at a revision; with a secret the body is signed. An answer
 * with `{"id": "…"}` names it: the next revision brings that name as `external_id`.
 */
export function webhook({ url, secret, pictures }: WebhookOptions): Connector {
  return {
    deliver: async ({ notification, key, external_id, dashboard_url }, signal) => {
      const { v: _, items, ...head } = notification;
      const body = JSON.stringify({
        ...{ version: 1, key, external_id: external_id ?? null, ...head },
        items: items.map(({ path, ...item }) => ({
          ...item,
          ...(pictures ? { picture: pictureOf(item.chart) } : {}),
          url: path === null || dashboard_url === undefined ? null : `${dashboard_url}${path}`,
        })),
      });
      const headers: Record<string, string> = { 'idempotency-key': key };
      if (secret !== undefined)
        headers['benchwire-signature'] = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      return nameIn((await send({ url, json: body, headers, signal })).text);
    },
  };
}

function pictureOf(chart: SeriesChart | undefined): object | null {
  const picture = chart === undefined ? undefined : chartPicture(chart);
  if (picture === undefined) return null;
  const { png, ...about } = picture;
  return { ...about, content_type: 'image/png', base64: png.toString('base64') };
}

function nameIn(text: string): string | null {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === 'string' || typeof id === 'number' ? String(id).slice(0, 256) : null;
  } catch {
    return null;
  }
}

/** @throws Refused for an address that is none; it is not repeated, since it may be secret */
export function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return text;
  throw new Refused('what the variable or file has is not an address that begins with http:// or https://');
}
