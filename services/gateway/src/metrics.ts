import type { FastifyInstance } from 'fastify';
import { Gauge, Histogram, type Registry } from 'prom-client';

/** Counts what is asked over HTTP, by route and class of answer, and the WebSockets that are open. */
export function measureServer(app: FastifyInstance, registry: Registry): void {
  const registers = [registry];
  const seconds = new Histogram({
    name: 'benchwire_http_request_seconds',
    help: 'From the arrival of a request until its answer has left, by route and class of answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  app.addHook('onResponse', async ({ method, routeOptions, ws }, { statusCode, elapsedTime }) => {
    // How long a WebSocket was open says nothing about how fast anything was.
    if (ws === true) return;
    const status = `${Math.floor(statusCode / 100)}xx`;
    seconds.observe({ method, route: routeOptions.url ?? 'none', status }, elapsedTime / 1000);
  });
  new Gauge({
    name: 'benchwire_websocket_connections',
    help: 'WebSockets that are open',
    registers,
    collect() {
      this.set(app.websocketServer.clients.size);
    },
  });
}
