import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { hostProblem } from '@benchwire/shared/runtime/http.ts';
import { HttpProblem, problemOf } from './problem.ts';

/** What is no HTTP that can be read, such as headers that are too long, never becomes a request. */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy(error);
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  refuseRaw(
    socket,
    new HttpProblem(status, error.code ?? 'HTTP_INVALID', `The request can't be read: ${error.message}.`),
  );
}

/** Answers where no request was made of what came in. */
export function refuseRaw(socket: Duplex, problem: HttpProblem): void {
  const { status } = problem;
  const body = JSON.stringify(problemOf(problem, newRunId()));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 426 ? ['Upgrade: websocket', 'Connection: upgrade, close'] : ['Connection: close']),
  ];
  socket.on('error', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** What is wrong with a request to change the protocol: there are WebSockets, of the version that all browsers speak (RFC 6455). */
export function upgradeProblem(request: IncomingMessage): HttpProblem | undefined {
  const host = hostProblem(request);
  if (host !== undefined) return new HttpProblem(host.status, host.code, host.detail);
  const { upgrade = '', 'sec-websocket-key': key = '', 'sec-websocket-version': version } = request.headers;
  if (upgrade.toLowerCase() !== 'websocket')
    return new HttpProblem(426, 'UPGRADE_UNKNOWN', 'The header Upgrade takes websocket only: leave it out.');
  if (request.method !== 'GET' || version !== '13' || !/^[A-Za-z0-9+/]{22}==$/.test(key))
    return new HttpProblem(400, 'UPGRADE_INVALID', 'This is not a WebSocket handshake of version 13 (RFC 6455).');
  return undefined;
}
