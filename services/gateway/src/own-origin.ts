import type { FastifyRequest } from 'fastify';
import type { Gateway } from './gateway.ts';

/** As browsers write it: without the port where it is the scheme's own. */
export function ownOrigin({ secure }: Pick<Gateway, 'secure'>, { host }: FastifyRequest): string | undefined {
  return URL.parse(`${secure ? 'https' : 'http'}://${host}`)?.origin;
}

/** Whether a request comes from this very page: scheme, host and port, as it was asked for or as the operator names it. */
export function isOwnOrigin(gateway: Pick<Gateway, 'secure' | 'dashboard_origin'>, request: FastifyRequest): boolean {
  const { origin } = request.headers;
  return origin === ownOrigin(gateway, request) || (origin !== undefined && origin === gateway.dashboard_origin);
}
