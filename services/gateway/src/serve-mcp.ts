import { HttpClient } from '@benchwire/shared/client/http-client.ts';
import { MAX_SMALL_BODY_BYTES } from '@benchwire/shared/contracts/limits.ts';
import { createMcpServer } from '@benchwire/shared/mcp/server.ts';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import packageJson from '../package.json' with { type: 'json' };
import type { Gateway } from './gateway.ts';
import { HttpProblem } from './problem.ts';
import { admitByHeader } from './register-route.ts';

/** A request that a tool sends is at most so much larger than what its caller sent. */
const METHODS = ['GET', 'POST', 'DELETE'] as const;

/**
 * The Model Context Protocol at `/mcp` (streamable HTTP, without sessions: each request is answered by itself, as JSON). Its tools ask
 * this gateway's own API with the caller's key, so roles, limits and the audit trail are those of the API. A browser's cookie
 * doesn't let in: another page could send it.
 */
export function serveMcp(app: FastifyInstance, gateway: Gateway): void {
  app.route({
    method: [...METHODS],
    url: '/mcp',
    bodyLimit: MAX_SMALL_BODY_BYTES * 32,
    preParsing: async (request, reply) => {
      reply.header('cache-control', 'no-store');
      await admitByHeader(gateway, request);
    },
    handler: async (request, reply) => {
      if (request.method !== 'POST') {
        reply.header('allow', 'POST');
        throw new HttpProblem(
          405,
          'METHOD_NOT_ALLOWED',
          '/mcp takes POST: it has no sessions, and streams nothing by itself.',
        );
      }
      const server = createMcpServer({
        api: ownApi(app, request),
        allow_writes: readAllowWrites(request.query),
        version: packageJson.version,
        now: Date.now,
      });
      const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
      await server.connect(transport);
      try {
        return await reply.send(await transport.handleRequest(webRequest(request), { parsedBody: request.body }));
      } finally {
        await server.close();
      }
    },
  });
}

/** @throws HttpProblem 400 */
function readAllowWrites(query: unknown): boolean {
  const { allow_writes = 'false', ...others } = query as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined || (allow_writes !== 'true' && allow_writes !== 'false'))
    throw new HttpProblem(400, 'QUERY_INVALID', 'The query is not valid: /mcp takes allow_writes=true or false only.');
  return allow_writes === 'true';
}

/** What the transport reads of it; the body comes parsed. */
function webRequest({ method, url, headers }: FastifyRequest): Request {
  const read = new Headers();
  for (const name of ['accept', 'content-type', 'mcp-protocol-version', 'mcp-session-id'])
    if (typeof headers[name] === 'string') read.set(name, headers[name]);
  return new Request(new URL(url, 'http://gateway'), { method, headers: read });
}

/** The API of this process with the caller's key, from the caller's address. */
function ownApi(app: FastifyInstance, { headers, ip }: FastifyRequest): HttpClient {
  return new HttpClient({
    headers: { Authorization: headers.authorization ?? '' },
    fetch: async (url, { method = 'GET', headers: sent, body }) => {
      const response = await app.inject({
        method: method as 'GET' | 'POST',
        url,
        remoteAddress: ip,
        headers: sent as Record<string, string>,
        ...(typeof body === 'string' ? { payload: body } : {}),
      });
      const { statusCode: status, body: text } = response;
      return new Response(status === 204 ? null : text, {
        status,
        headers: { 'content-type': String(response.headers['content-type'] ?? '') },
      });
    },
  });
}
