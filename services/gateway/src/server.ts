import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { ClientError } from '@benchwire/shared/client/errors.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { ServiceHttp } from '@benchwire/shared/runtime/http.ts';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import etag from '@fastify/etag';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import files from '@fastify/static';
import websocket from '@fastify/websocket';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { SESSION_COOKIE } from './auth/authenticator.ts';
import type { GatewayConfig } from './config.ts';
import { serveDocs } from './docs-page.ts';
import type { Gateway } from './gateway.ts';
import { serveBenchmarkSocket } from './live/benchmark-socket.ts';
import { serveLive } from './live/serve-live.ts';
import { measureServer } from './metrics.ts';
import { openApi } from './openapi.ts';
import { HttpProblem, problemOf } from './problem.ts';
import { readBodies } from './read-bodies.ts';
import { registerRoute } from './register-route.ts';
import { ROUTE_GROUPS, ROUTES } from './routes/all.ts';

/** Nothing comes from elsewhere, and no script stands in a page; styles of charts and components are set by script. */
const POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:', 'blob:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    manifestSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/** The API, the live socket and the page's files, on the service's HTTP port. */
export async function startServer(
  gateway: Gateway,
  config: GatewayConfig,
  http: ServiceHttp,
): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    serverFactory: () => http.server,
    loggerInstance: gateway.log as FastifyBaseLogger,
    // One line an answer, below.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.BODY_LIMIT_MB * 1e6,
    trustProxy: config.TRUST_PROXY,
    genReqId: () => newRunId(),
    routerOptions: { maxParamLength: 1024 },
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => {
      const problem = problemOf(error, request.id);
      void (reply as FastifyReply).code(problem.status).type('application/problem+json').send(problem);
    },
    clientErrorHandler: refuseUnreadable,
  });
  app.setErrorHandler((error, request, reply) => {
    // A method that no route takes is refused for its content type before it is looked for.
    if (error instanceof Error && 'code' in error && error.code === 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE')
      return answerUnrouted(request, reply);
    const problem = problemOf(error, request.id);
    if (problem.status >= 500) request.log.error({ err: error, path: request.url }, 'could not answer');
    if (error instanceof ClientError && error.retry_after_seconds !== undefined)
      reply.header('retry-after', String(Math.ceil(error.retry_after_seconds)));
    void reply.code(problem.status).type('application/problem+json').send(problem);
  });
  app.setNotFoundHandler(answerUnrouted);
  readBodies(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, url } = request;
    request.log.info(
      { method, path: url.split('?')[0], status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'answered',
    );
  });
  await app.register(helmet, { contentSecurityPolicy: POLICY, strictTransportSecurity: gateway.secure });
  if (config.CORS_ORIGINS.length > 0) await app.register(cors, { origin: config.CORS_ORIGINS });
  await app.register(rateLimit, {
    max: config.RATE_LIMIT_PER_MINUTE,
    timeWindow: '1 minute',
    // By who asks, where they say so: many people may share an address.
    keyGenerator: ({ headers, ip, cookies }) => headers.authorization ?? cookies?.[SESSION_COOKIE] ?? ip,
    errorResponseBuilder: (_, { after }) =>
      new HttpProblem(429, 'TOO_MANY_REQUESTS', `Too many requests: go on in ${after}.`),
  });
  await app.register(cookie);
  await app.register(compress, { threshold: 1024 });
  await app.register(etag, { weak: true });
  const upgrades = new EventEmitter();
  await app.register(websocket, { options: { maxPayload: 64 * 1024, server: upgrades as Server } });

  measureServer(app, http.registry);
  for (const route of ROUTES) registerRoute(app, gateway, route);
  serveLive(app, gateway);
  serveBenchmarkSocket(app, gateway);
  const document = openApi(ROUTE_GROUPS);
  app.get('/openapi.json', async () => document);
  await serveDocs(app, document);
  await servePage(app, config.DASHBOARD_DIR);
  await app.ready();
  http.serve((request, response) => app.routing(request, response));
  // Not before: an upgrade that comes while the routes are put together would never be answered.
  http.server.on('upgrade', (...upgrade) => upgrades.emit('upgrade', ...upgrade));
  return app;
}

/** The page's files; every other path outside the API is the page itself, which knows its own addresses. */
async function servePage(app: FastifyInstance, folder: string | undefined): Promise<void> {
  if (folder === undefined || !existsSync(join(folder, 'index.html'))) return;
  await app.register(files, {
    root: folder,
    wildcard: false,
    index: false,
    immutable: true,
    maxAge: '1y',
    decorateReply: true,
  });
  app.get('/*', async (request, reply) => {
    // What looks like the API and is none must not answer with a page.
    if (request.url.startsWith('/api/')) return reply.callNotFound();
    return reply.header('cache-control', 'no-cache').sendFile('index.html', { cacheControl: false });
  });
}

/** What is no HTTP that can be read, such as headers that are too long, never becomes a request. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy(error);
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const problem = new HttpProblem(status, error.code ?? 'HTTP_INVALID', `The request can't be read: ${error.message}.`);
  const body = JSON.stringify(problemOf(problem, newRunId()));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const PATTERNS = ROUTES.map(({ method, url }) => ({
  method,
  pattern: new RegExp(`^${url.replaceAll(/:\w+/g, '[^/]+')}$`),
}));

function answerUnrouted({ method, url, id }: FastifyRequest, reply: FastifyReply): void {
  const path = url.split('?')[0] ?? '';
  const allowed = PATTERNS.filter(({ pattern }) => pattern.test(path)).map((each) => each.method);
  const error =
    allowed.length > 0
      ? new HttpProblem(405, 'METHOD_NOT_ALLOWED', `${path} takes ${allowed.join(', ')}.`)
      : new HttpProblem(404, 'NO_SUCH_ROUTE', `There is no ${method} ${path}: /docs lists what there is.`);
  if (allowed.length > 0) reply.header('allow', allowed.join(', '));
  void reply.code(error.status).type('application/problem+json').send(problemOf(error, id));
}
