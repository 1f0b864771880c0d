import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { fileOf, type PageFiles } from './page-files.ts';

/** A page may use shared memory, and so threads and a fine clock, only where nothing of another origin gets in. */
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};
/** The longest message of the protocol is a window of 65,536 samples. */
const MAX_MESSAGE_BYTES = 16 * 1024 ** 2;

/** What a page may download: a file of the disk, or bytes. */
export type Served = { path: string; bytes: number } | { data: Uint8Array };

/**
 * Serves the runner page on loopback, and the files of tasks under names that cannot be guessed. A page connects back with the
 * token that its browser was launched with; nothing else gets a connection.
 */
export class PageServer {
  readonly #files: PageFiles;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  readonly #served = new Map<string, Served>();
  readonly #expected = new Map<string, (socket: WebSocket) => void>();
  #origin = '';

  constructor(files: PageFiles) {
    this.#files = files;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.unref();
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    this.#origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The address for one page, which may connect once. @param onConnected - called with its connection */
  expectPage(onConnected: (socket: WebSocket) => void): { url: string; forget: () => void } {
    const token = secretName();
    this.#expected.set(token, onConnected);
    return { url: `${this.#origin}/?token=${token}`, forget: () => this.#expected.delete(token) };
  }

  /** Offers something for download until it is forgotten. */
  serve(served: Served): { url: string; bytes: number; forget: () => void } {
    const name = secretName();
    this.#served.set(name, served);
    const bytes = 'data' in served ? served.data.byteLength : served.bytes;
    return { url: `/files/${name}`, bytes, forget: () => this.#served.delete(name) };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pathname = this.#addressOf(request)?.pathname;
    try {
      if (request.method !== 'GET' || pathname === undefined || !this.#isOwn(request)) return refuse(response, 403);
      if (pathname.startsWith('/files/')) return await this.#send(response, pathname.slice('/files/'.length));
      const found = fileOf(this.#files, pathname);
      if (found === undefined) return refuse(response, 404);
      const { size } = await stat(found.file);
      response.writeHead(200, { ...ISOLATED, 'content-type': found.type, 'content-length': size });
      await pipeline(createReadStream(found.file), response);
    } catch {
      // A file that is not there, or a page that has gone.
      if (response.headersSent) response.destroy();
      else refuse(response, 404);
    }
  }

  async #send(response: ServerResponse, name: string): Promise<void> {
    const served = this.#served.get(name);
    if (served === undefined) return refuse(response, 404);
    const length = 'data' in served ? served.data.byteLength : served.bytes;
    response.writeHead(200, { ...ISOLATED, 'content-type': 'application/octet-stream', 'content-length': length });
    if ('data' in served) response.end(served.data);
    else await pipeline(createReadStream(served.path), response);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const address = this.#addressOf(request);
    const token = address?.searchParams.get('token') ?? '';
    const onConnected = this.#expected.get(token);
    const is_own = this.#isOwn(request) && request.headers.origin === this.#origin;
    if (address?.pathname !== '/runner' || onConnected === undefined || !is_own) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n', () => socket.destroy());
      return;
    }
    this.#expected.delete(token);
    this.#sockets.handleUpgrade(request, socket, head, onConnected);
  }

  /** Null where it is none, as of `GET //`. */
  #addressOf(request: IncomingMessage): URL | null {
    return URL.parse(request.url ?? '/', this.#origin);
  }

  /** Another site's page may reach a port of this machine under a name of its own. */
  #isOwn({ headers }: IncomingMessage): boolean {
    return headers.host === this.#origin.slice('http://'.length);
  }
}

const secretName = (): string => randomBytes(18).toString('base64url');

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, ISOLATED).end();
}
