import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Problem } from '../contracts/http.ts';
import { newRunId } from '../contracts/ids.ts';

/** A reason why the service cannot do its work now, or undefined when it can. */
export type ReadinessCheck = () => string | undefined;

export interface HttpOptions {
  HTTP_HOST: string;
  HTTP_PORT: number;
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
    const path = request.url?.split('?')[0] ?? '';
    if (more !== undefined && !OWN_PATHS.has(path)) more(request, response);
    else if (OWN_PATHS.has(path) && request.method !== 'GET' && request.method !== 'HEAD')
      send(response, 405, 'text/plain', 'only GET\n');
    else if (path === '/healthz') send(response, 200, 'application/json', '{"status":"alive"}\n');
    else if (path === '/readyz') {
      const missing = Object.fromEntries(Object.entries(checks()).filter(([, reason]) => reason !== null));
      const ready = Object.keys(missing).length === 0;
      send(
        response,
        ready ? 200 : 503,
        'application/json',
        `${JSON.stringify({ status: ready ? 'ready' : 'not ready', missing })}\n`,
      );
    } else if (path === '/metrics') {
      registry.metrics().then(
        (text) => send(response, 200, registry.contentType, text),
        (error: unknown) => send(response, 500, 'text/plain', `${String(error)}\n`),
      );
    } else answerUnknown(response, conditions.get('start')?.());
  };
  const tls = tlsOf(options);
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  await new Promise<void>((resolve, rejected) => {
    server.once('error', rejected);
    server.listen(options.HTTP_PORT, options.HTTP_HOST, resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
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
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Who asks for what is not there yet must not take it for what there never is. */
function answerUnknown(response: ServerResponse, starting: string | undefined): void {
  if (starting === undefined) send(response, 404, 'text/plain', 'there are /healthz, /readyz and /metrics\n');
  else {
    response.setHeader('retry-after', '1');
    send(response, 503, 'application/problem+json', JSON.stringify(notReady(starting)));
  }
}

const notReady = (reason: string): Problem => ({
  type: 'about:blank',
  title: 'Service Unavailable',
  status: 503,
  detail: `This service is ${reason}: ask again in a second.`,
  code: 'NOT_READY',
  request_id: newRunId(),
});

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
  response.writeHead(status, { 'content-type': type });
  response.end(body);
}
