import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createNetServer, type Server as NetServer } from 'node:net';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { MAX_HEADERS_SECONDS, MAX_REQUEST_SECONDS } from '../contracts/limits.ts';
import { problemDocument, type Refusal } from './problem.ts';

/** A reason why the service cannot do its work now, or undefined when it can. */
export type ReadinessCheck = () => string | undefined;

export interface HttpOptions {
  HTTP_HOST: string;
  HTTP_PORT: number;
  /** A second address that it listens on, on the same port. */
  HTTP_ALSO_HOST?: string | undefined;
  /** TLS, and with the authority of clients mutual TLS. */
  HTTP_TLS_CERT_FILE?: string | undefined;
  HTTP_TLS_KEY_FILE?: string | undefined;
  HTTP_TLS_CLIENT_CA_FILE?: string | undefined;
}

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

export interface ServiceHttp {
  port: number;
  server: Server;
  /** Hands every other path to a service that has more to say. */
  serve(listener: RequestListener): void;
  registry: Registry;
  /** Adds a condition for `/readyz`. */
  addReadiness(name: string, check: ReadinessCheck): void;
  removeReadiness(name: string): void;
  /** Each condition, with what is wrong or null. */
  checks(): Record<string, string | null>;
  stop(): Promise<void>;
}

/** Answers what every service answers itself. */
function answerOwn(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  registry: Registry,
  checks: ServiceHttp['checks'],
): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') send(response, 405, 'text/plain', 'only GET\n');
  else if (path === '/healthz') send(response, 200, 'application/json', '{"status":"alive"}\n');
  else if (path === '/readyz') {
    const missing = Object.fromEntries(Object.entries(checks()).filter(([, reason]) => reason !== null));
    const ready = Object.keys(missing).length === 0;
    const body = JSON.stringify({ status: ready ? 'ready' : 'not ready', missing });
    send(response, ready ? 200 : 503, 'application/json', `${body}\n`);
  } else {
    registry.metrics().then(
      (text) => send(response, 200, registry.contentType, text),
      (error: unknown) => send(response, 500, 'text/plain', `${String(error)}\n`),
    );
  }
}

/**
 * The small HTTP server of each service: `/healthz` (the process is alive), `/readyz` (200, or 503 with what is
 * missing), `/metrics` (Prometheus).
 */
export async function startHttp(options: HttpOptions, service: string): Promise<ServiceHttp> {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const conditions = new Map<string, ReadinessCheck>([['start', () => 'still starting']]);
  const checks = (): Record<string, string | null> =>
    Object.fromEntries([...conditions].map(([name, check]) => [name, check() ?? null]));

  let more: RequestListener | undefined;
  const answer: RequestListener = (request, response) => {
    const wrong = hostProblem(request);
    if (wrong !== undefined) {
      response.setHeader('connection', 'close');
      return sendProblem(response, wrong);
    }
    const path = request.url?.split('?')[0] ?? '';
    if (OWN_PATHS.has(path)) answerOwn(path, request, response, registry, checks);
    else if (more !== undefined) more(request, response);
    else answerUnknown(response, conditions.get('start')?.());
  };
  const tls = tlsOf(options);
  const server =
    tls === undefined ? createServer(SLOW_LIMITS, answer) : createTlsServer({ ...SLOW_LIMITS, ...tls }, answer);
  server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => {
    const detail = 'The header Expect takes 100-continue only.';
    sendProblem(response, { status: 417, code: 'EXPECTATION_UNKNOWN', detail });
  });
  await new Promise<void>((resolve, rejected) => {
    server.once('error', rejected);
    server.listen(options.HTTP_PORT, options.HTTP_HOST, resolve);
  });

  const { port } = server.address() as AddressInfo;
  const also =
    options.HTTP_ALSO_HOST === undefined ? undefined : await listenAlso(server, port, options.HTTP_ALSO_HOST);

  return {
    port,
    registry,
    server,
    serve: (listener) => {
      more = listener;
    },
    addReadiness: (name, check) => {
      conditions.set(name, check);
    },
    removeReadiness: (name) => {
      conditions.delete(name);
    },
    checks,
    stop: () =>
      new Promise((resolve) => {
        also?.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What comes in on another address is the same server's to answer. */
async function listenAlso(server: Server, port: number, host: string): Promise<NetServer> {
  const also = createNetServer((socket) => server.emit('connection', socket));
  await new Promise<void>((resolve, rejected) => {
    also.once('error', rejected);
    also.listen(port, host, resolve);
  });
  return also;
}

/** Who asks for what is not there yet must not take it for what there never is. */
function answerUnknown(response: ServerResponse, starting: string | undefined): void {
  if (starting === undefined) send(response, 404, 'text/plain', 'there are /healthz, /readyz and /metrics\n');
  else {
    response.setHeader('retry-after', '1');
    const detail = `This service is ${starting}: ask again in a second.`;
    sendProblem(response, { status: 503, code: 'NOT_READY', detail });
  }
}

/** Who sends slowly holds a connection, not for ever. Whether there is a Host is checked below, and answered as a problem. */
const SLOW_LIMITS = {
  requestTimeout: MAX_REQUEST_SECONDS * 1000,
  headersTimeout: MAX_HEADERS_SECONDS * 1000,
  connectionsCheckingInterval: 5000,
  requireHostHeader: false,
};

/** What is wrong with the Host of a request: HTTP/1.1 has exactly one (RFC 9112, 3.2), and two may be read differently by a proxy. */
export function hostProblem({ httpVersion, rawHeaders, headers }: IncomingMessage): Refusal | undefined {
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  const refused = (detail: string): Refusal => ({ status: 400, code: 'HOST_INVALID', detail });
  if (hosts > 1) return refused('There is more than one Host header: send one.');
  if (hosts === 0) return httpVersion === '1.1' ? refused('The Host header is missing.') : undefined;
  const { host = '' } = headers;
  return /^[A-Za-z0-9.:_[\]-]{1,261}$/.test(host) ? undefined : refused('The Host header names no host.');
}

function sendProblem(response: ServerResponse, refusal: Refusal): void {
  send(response, refusal.status, 'application/problem+json', JSON.stringify(problemDocument(refusal)));
}

const OWN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

function tlsOf(options: HttpOptions) {
  const { HTTP_TLS_CERT_FILE: cert, HTTP_TLS_KEY_FILE: key, HTTP_TLS_CLIENT_CA_FILE: ca } = options;
  if (cert === undefined || key === undefined) return undefined;
  return {
    ...{ cert: readFileSync(cert), key: readFileSync(key) },
    ...(ca === undefined ? {} : { ca: readFileSync(ca), requestCert: true, rejectUnauthorized: true }),
  };
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
