import { MAX_QUERY_PARAMETERS, MAX_SMALL_BODY_BYTES } from '@benchwire/shared/contracts/limits.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { changeOf, recordAccess } from './access-log.ts';
import { type Caller, may } from './auth/caller.ts';
import type { Gateway } from './gateway.ts';
import { isOwnOrigin } from './own-origin.ts';
import { HttpProblem } from './problem.ts';
import { sourcesOf } from './read-bodies.ts';
import type { Route } from './routes/route.ts';

/** Puts a route of the table before its handler: who asks, whether they may, whether what they sent is right. */
export function registerRoute(app: FastifyInstance, gateway: Gateway, route: Route, largest: number): void {
  const {
    method,
    url,
    role,
    status = 200,
    changes_nothing = false,
    max_body_bytes = MAX_SMALL_BODY_BYTES,
    takes_bytes = false,
  } = route;
  app.route({
    method,
    url,
    bodyLimit: takes_bytes ? max_body_bytes : Math.min(max_body_bytes, largest),
    config: { takes_bytes },
    // Before the body is read: nobody unknown sends megabytes.
    preParsing: async (request) => {
      if (role !== null) callers.set(request, await admit(gateway, request, role));
    },
    handler: async (request, reply) => {
      const known = callers.get(request);
      reply.code(status);
      const answer = await route.handle({
        gateway,
        request,
        reply,
        params: checked(route.params, request.params, 'path'),
        query: checked(route.query ?? NO_QUERY, withinCount(request.query), 'query'),
        body: checked(route.body, request.body, 'body', sourcesOf(request)),
        get caller(): Caller {
          if (known === undefined) throw new HttpProblem(401, 'AUTH_MISSING', 'Sign in first.');
          return known;
        },
      });
      if (method !== 'GET' && known !== undefined && !changes_nothing)
        await recordAccess(gateway, known, changeOf(request, reply.statusCode));
      return answer ?? reply.send();
    },
  });
}

const NO_QUERY = z.strictObject({});

const callers = new WeakMap<FastifyRequest, Caller>();

/** Who asks; undefined where nobody has signed in. */
export function callerOf(request: FastifyRequest): Caller | undefined {
  return callers.get(request);
}

/** @throws HttpProblem 401 or 403 */
async function admit(gateway: Gateway, request: FastifyRequest, role: NonNullable<Route['role']>): Promise<Caller> {
  const caller = await gateway.auth.callerOf(request.headers.authorization, request.cookies[gateway.cookie_name]);
  return admitCaller(gateway, request, role, caller);
}

/** Of what is no route of the table: a key or token in the header, and the role viewer. A cookie does not count. @throws HttpProblem 401, 403 or 429 */
export async function admitByHeader(gateway: Gateway, request: FastifyRequest): Promise<void> {
  const caller = await gateway.auth.callerOf(request.headers.authorization, undefined);
  callers.set(request, admitCaller(gateway, request, 'viewer', caller));
}

function admitCaller(
  gateway: Gateway,
  request: FastifyRequest,
  role: NonNullable<Route['role']>,
  caller: Caller,
): Caller {
  gateway.limits.takeCaller(caller.identity);
  if (!may(caller.role, role))
    throw new HttpProblem(403, 'ROLE_TOO_LOW', `This needs the role ${role}; "${caller.subject}" has ${caller.role}.`);
  if (caller.by_cookie && request.method !== 'GET') checkSameOrigin(gateway, request);
  return caller;
}

/** A cookie goes along with every request, also of other pages: a change has to come from this page. @throws HttpProblem 403 */
function checkSameOrigin(gateway: Gateway, request: FastifyRequest): void {
  const { origin, 'x-benchwire-csrf': header } = request.headers;
  // Not every client that has a cookie is a browser. A foreign page can't send the header without being let in by CORS.
  if (header !== '1')
    throw new HttpProblem(403, 'CSRF_HEADER_MISSING', 'With a cookie, changes need the header X-Benchwire-Csrf: 1.');
  if (origin !== undefined && !isOwnOrigin(gateway, request)) throw fromElsewhere();
}

const fromElsewhere = (): HttpProblem => new HttpProblem(403, 'ORIGIN_NOT_ALLOWED', 'This page is from elsewhere.');

function checked<T>(
  schema: z.ZodType<T> | undefined,
  value: unknown,
  where: string,
  sources?: ReadonlyMap<string, string>,
): T | undefined {
  if (schema === undefined) return undefined;
  // No body is undefined; one that says null is a wrong one.
  const parsed = parseWith(schema, where === 'body' ? value : (value ?? {}), (path) => sources?.get(path));
  if (parsed.ok) return parsed.value;
  // A body that was read and is not what the route takes; an address that is wrong names nothing.
  const status = where === 'body' ? 422 : 400;
  throw new HttpProblem(status, `${where.toUpperCase()}_INVALID`, `The ${where} is not valid.`, parsed.issues);
}

/** @throws HttpProblem 400 */
function withinCount(query: unknown): unknown {
  const count = Object.values(query ?? {}).reduce((sum, value) => sum + (Array.isArray(value) ? value.length : 1), 0);
  if (count <= MAX_QUERY_PARAMETERS) return query;
  const message = `the query has ${count} parameters, at most ${MAX_QUERY_PARAMETERS} are possible`;
  throw new HttpProblem(400, 'QUERY_INVALID', 'The query is not valid.', [
    { path: '(message)', code: 'too_many_parameters', message },
  ]);
}

/**
 * Lets a WebSocket in: by a ticket in its address, by a header, or by the cookie. A foreign page's socket would bring the cookie
 * along, and CORS does not hold it back: there the origin has to be this very host, with scheme and port.
 * @throws HttpProblem 401, 403 or 429
 */
export async function admitSocket(gateway: Gateway, request: FastifyRequest): Promise<void> {
  const { ticket } = request.query as { ticket?: unknown };
  if (ticket !== undefined) {
    const of = await gateway.tickets.use(String(ticket));
    callers.set(request, admitToSocket(gateway, admitCaller(gateway, request, 'viewer', of)));
    return;
  }
  const { origin, authorization } = request.headers;
  if (origin !== undefined && authorization === undefined && !isOwnOrigin(gateway, request)) throw fromElsewhere();
  callers.set(request, admitToSocket(gateway, await admit(gateway, request, 'viewer')));
}

function admitToSocket({ sockets }: Gateway, caller: Caller): Caller {
  sockets.checkRoom(caller);
  return caller;
}
