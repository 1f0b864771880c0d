import { API_ROUTES } from '@benchwire/shared/contracts/api/api.ts';
import type { AuditItem, auditApi } from '@benchwire/shared/contracts/api/audit.ts';
import { eventData } from '@benchwire/shared/contracts/event.ts';
import type { EventRow } from '@benchwire/shared/contracts/rows.ts';
import { eventPlace } from './events.ts';
import { decodeCursor, instant, page } from './page.ts';
import type { Handlers } from './route.ts';

export const auditHandlers: Handlers<typeof auditApi> = {
  'GET /api/audit': async ({ gateway, query: { cursor, since, until, limit, ...access } }) => {
    const answer = await gateway.client.query('events', {
      ...{
        entity: 'access',
        limit,
        since: instant(since),
        until: instant(until),
        before: decodeCursor(cursor, eventPlace),
      },
      access,
    });
    const { items, next_cursor } = page(answer, ({ at, event_id }) => ({ at, event_id }));
    return { items: items.map(itemOf), next_cursor };
  },
};

const UNKNOWN = { subject: '', role: '', method: '', path: '', status: 0, request_id: '' };

function itemOf({ event_id, at, message, data }: EventRow): AuditItem {
  const read = eventData('access.changed', { data: data === '' ? undefined : JSON.parse(data) });
  if (!read.ok) return { event_id, at, ...UNKNOWN, what: message, target: '' };
  const { method, path } = read.value;
  return { event_id, at, ...read.value, ...routeOf(method, path) };
}

const ROUTES = API_ROUTES.filter(({ method }) => method !== 'GET').map((route) => ({
  ...{ method: route.method, summary: route.summary },
  pattern: new RegExp(`^${route.path.replaceAll(/:\w+/g, '([^/]+)')}$`),
}));

/** What a change did, and to what. */
function routeOf(method: string, path: string): { what: string; target: string } {
  for (const route of ROUTES) {
    const found = route.method === method ? route.pattern.exec(path) : null;
    if (found !== null) return { what: route.summary, target: found.slice(1).map(decoded).join(' ') };
  }
  return { what: `${method} ${path}`, target: '' };
}

/** A part of a path; one that is not written correctly stays as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
