import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { ClientError } from '@benchwire/shared/client/errors.ts';
import { API_ROUTES } from '@benchwire/shared/contracts/api/api.ts';
import type { Problem } from '@benchwire/shared/contracts/http.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { MAX_FRAME_BYTES, MAX_SMALL_BODY_BYTES } from '@benchwire/shared/contracts/limits.ts';
import type { ServiceHttp } from '@benchwire/shared/runtime/http.ts';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import etag from '@fastify/etag';
import helmet from '@fastify/helmet';
import files from '@fastify/static';
import websocket from '@fastify/websocket';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { GatewayConfig } from './config.ts';
import { serveDocs } from './docs-page.ts';
import type { Gateway } from './gateway.ts';
import { serveBenchmarkSocket } from './live/benchmark-socket.ts';
import { serveLive } from './live/serve-live.ts';
import { measureServer } from './metrics.ts';
import { type SignInOptions, serveSignIn } from './oidc/serve-sign-in.ts';
import { openApi } from './openapi.ts';
import { HttpProblem, problemOf } from './problem.ts';
import { readBodies, readFiles } from './read-bodies.ts';
import { refuseRaw, refuseUnreadable, upgradeProblem } from './refuse-raw.ts';
import { callerOf, registerRoute } from './register-route.ts';
import { ROUTES } from './routes/all.ts';
import { serveMcp } from './serve-mcp.ts';

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

interface ServerOptions {
  config: GatewayConfig;
  http: ServiceHttp;
  /** Sign-in with OpenID Connect, where it is configured. */
  signIn: SignInOptions | undefined;
}

/** The API, the live socket and the page's files, on the service's HTTP port. */
export async function startServer(gateway: Gateway, options: ServerOptions): Promise<FastifyInstance> {
  const { config, http } = options;
  const app = createApp(gateway, config, http);
  answerErrors(app, gateway);
  countBodies(app, gateway);
  addHooks(app, gateway);
  const upgrades = new EventEmitter();
  await registerPlugins(app, gateway, config, upgrades);
  measureServer(app, http.registry);
  await addRoutes(app, gateway, options);
  await app.ready();
  http.serve((request, response) => app.routing(request, response));
  // Not before: an upgrade that comes while the routes are put together would never be answered.
  http.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const refusal = upgradeProblem(request);
    if (refusal === undefined) upgrades.emit('upgrade', request, socket, head);
    else refuseRaw(socket, refusal);
  });
  return app;
}

function createApp(gateway: Gateway, config: GatewayConfig, http: ServiceHttp): FastifyInstance {
  return Fastify({
    serverFactory: () => http.server,
    loggerInstance: gateway.log as FastifyBaseLogger,
    // One line an answer, in a hook.
    logController: new LogController({ disableRequestLogging: true }),
    // A route that takes more says so.
    bodyLimit: MAX_SMALL_BODY_BYTES,
    trustProxy: trusted(config.TRUST_PROXY),
    genReqId: () => newRunId(),
    routerOptions: { maxParamLength: 1024 },
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => {
      sendProblem(reply as FastifyReply, error, request.id);
    },
    clientErrorHandler: refuseUnreadable,
  });
}

function answerErrors(app: FastifyInstance, gateway: Gateway): void {
  app.setErrorHandler((error, request, reply) => {
    // A method that no route takes is refused for its content type before it is looked for.
    if (error instanceof Error && 'code' in error && error.code === 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE')
      return answerUnrouted(request, reply);
    const told = isUnauthorized(error) ? (gateway.limits.failed(request) ?? error) : error;
    const { status } = sendProblem(reply, told, request.id);
    if (status >= 500) request.log.error({ err: error, path: request.url }, 'could not answer');
  });
  app.setNotFoundHandler(answerUnrouted);
}

/** What a caller sends counts towards its limits. */
function countBodies(app: FastifyInstance, { limits }: Gateway): void {
  readBodies(app, (request, bytes, format) => {
    const identity = callerOf(request)?.identity;
    if (identity !== undefined) limits.takeBody(identity, bytes, format === 'yaml');
  });
  readFiles(app, (request, bytes) => {
    const identity = callerOf(request)?.identity;
    if (identity !== undefined) limits.takeFile(identity, bytes);
  });
}

function addHooks(app: FastifyInstance, { limits }: Gateway): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    // Nothing of the API is for a cache: not data that ends with a key, and not a key that is shown once.
    if (request.url.startsWith('/api')) reply.header('cache-control', 'no-store');
    limits.takeAddress(request);
    // Before its body is read, however large it is.
    if (request.is404) {
      answerUnrouted(request, reply);
      return reply;
    }
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, url } = request;
    request.log.info(
      { method, path: url.split('?')[0], status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'answered',
    );
  });
}

async function registerPlugins(
  app: FastifyInstance,
  gateway: Gateway,
  config: GatewayConfig,
  upgrades: EventEmitter,
): Promise<void> {
  await app.register(helmet, { contentSecurityPolicy: POLICY, strictTransportSecurity: gateway.secure });
  if (config.CORS_ORIGINS.length > 0)
    await app.register(cors, { origin: config.CORS_ORIGINS, methods: METHODS, exposedHeaders: EXPOSED_HEADERS });
  await app.register(cookie);
  await app.register(compress, { threshold: 1024 });
  await app.register(etag, { weak: true });
  await app.register(websocket, {
    options: { maxPayload: MAX_FRAME_BYTES, server: upgrades as Server },
    errorHandler(error, socket, request) {
      // A frame that is too large, no UTF-8 or no frame at all is the caller's doing; the socket's close code tells it.
      const level = 'code' in error && String(error.code).startsWith('WS_ERR_') ? 'debug' : 'error';
      request.log[level]({ err: error }, 'a WebSocket has failed');
      socket.terminate();
    },
  });
}

async function addRoutes(app: FastifyInstance, gateway: Gateway, { config, signIn }: ServerOptions): Promise<void> {
  const largest = config.BODY_LIMIT_MB * 1e6;
  for (const route of ROUTES) registerRoute(app, gateway, route, largest);
  serveLive(app, gateway);
  serveBenchmarkSocket(app, gateway);
  serveMcp(app, gateway);
  if (signIn !== undefined) serveSignIn(app, gateway, signIn);
  const document = openApi(API_ROUTES);
  app.get('/openapi.json', async () => document);
  await serveDocs(app, document);
  await servePage(app, config.DASHBOARD_DIR);
}

/** The nearest so many hops, or what has these addresses. */
function trusted(
  proxies: GatewayConfig['TRUST_PROXY'],
): boolean | string[] | ((address: string, hop: number) => boolean) {
  return typeof proxies === 'number' ? (_, hop) => hop < proxies : proxies;
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

function isUnauthorized(error: unknown): boolean {
  return error instanceof HttpProblem && error.status === 401;
}

function sendProblem(reply: FastifyReply, error: unknown, request_id: string): Problem {
  const problem = problemOf(error, request_id);
  const retry_seconds =
    error instanceof HttpProblem
      ? error.retry_seconds
      : error instanceof ClientError
        ? error.retry_after_seconds
        : undefined;
  // The rest of the body is read and thrown away (read-bodies.ts): closing now would break the sender's pipe before it reads this.
  if (problem.code === 'BODY_TOO_LARGE') reply.removeHeader('connection');
  if (retry_seconds !== undefined) reply.header('retry-after', String(Math.ceil(retry_seconds)));
  void reply.code(problem.status).type('application/problem+json').send(problem);
  return problem;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'];
const EXPOSED_HEADERS = ['retry-after', 'x-request-id'];

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
  sendProblem(reply, error, id);
}
