import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { recordAccess } from './access-log.ts';
import { SESSION_COOKIE } from './auth/authenticator.ts';
import { type Caller, may } from './auth/caller.ts';
import type { Gateway } from './gateway.ts';
import { HttpProblem } from './problem.ts';
import { sourcesOf } from './read-bodies.ts';
import type { Route } from './routes/route.ts';

/** Puts a route of the table before its handler: who asks, whether they may, whether what they sent is right. */
export function registerRoute(app: FastifyInstance, gateway: Gateway, route: Route): void {
  const { method, url, role, status = 200 } = route;
  app.route({
    method,
    url,
    // Before the body is read: nobody unknown sends megabytes.
    preParsing: async (request) => {
      if (role !== null) callers.set(request, await admit(gateway, request, role));
    },
    handler: async (request, reply) => {
      const known = callers.get(request);
      reply.code(status);
      const call = {
        ...{ gateway, request, reply },
        params: checked(route.params, request.params, 'path'),
        query: checked(route.query, request.query, 'query'),
        body: checked(route.body, request.body, 'body', sourcesOf(request)),
        get caller(): Caller {
          if (known === undefined) throw new HttpProblem(401, 'AUTH_MISSING', 'Sign in first.');
          return known;
        },
      };
      const answer = await route.handle(call as never);
      if (method !== 'GET' && known !== undefined && url !== '/api/sql')
        await recordAccess(gateway, known, request, reply.statusCode);
      return answer ?? reply.send();
    },
  });
}

const callers = new WeakMap<FastifyRequest, Caller>();

/** @throws HttpProblem 401 or 403 */
async function admit(gateway: Gateway, request: FastifyRequest, role: NonNullable<Route['role']>): Promise<Caller> {
  const caller = await gateway.auth.callerOf(request.headers.authorization, request.cookies[SESSION_COOKIE]);
  if (!may(caller.role, role))
    throw new HttpProblem(403, 'ROLE_TOO_LOW', `This needs the role ${role}; "${caller.subject}" has ${caller.role}.`);
  if (caller.by_cookie && request.method !== 'GET' && request.headers['x-benchwire-csrf'] !== '1')
    throw new HttpProblem(403, 'CSRF_HEADER_MISSING', 'With a cookie, changes need the header X-Benchwire-Csrf: 1.');
  return caller;
}

function checked(
  schema: z.ZodType | undefined,
  value: unknown,
  where: string,
  sources?: ReadonlyMap<string, string>,
): unknown {
  if (schema === undefined) return undefined;
  // No body is undefined; one that says null is a wrong one.
  const parsed = parseWith<unknown>(schema, where === 'body' ? value : (value ?? {}), (path) => sources?.get(path));
  if (parsed.ok) return parsed.value;
  throw new HttpProblem(400, `${where.toUpperCase()}_INVALID`, `The ${where} is not valid.`, parsed.issues);
}

/** @throws HttpProblem 401 or 403; a foreign page's WebSocket would bring the cookie along, and CORS does not hold it back */
export async function admitSocket(gateway: Gateway, request: FastifyRequest): Promise<void> {
  const { origin, host, authorization } = request.headers;
  if (origin !== undefined && authorization === undefined && URL.parse(origin)?.host !== host)
    throw new HttpProblem(403, 'ORIGIN_NOT_ALLOWED', 'This page is from elsewhere.');
  await admit(gateway, request, 'viewer');
}
