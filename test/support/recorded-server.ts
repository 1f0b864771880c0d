import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a server got it. */
export interface RecordedRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  text: string;
  /** Of JSON; else empty. */
  body: Record<string, unknown>;
}

export interface RecordedAnswer {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A local server in the place of a service: it keeps what it gets, and `answer` says what it answers. */
export class RecordedServer {
  readonly requests: RecordedRequest[] = [];
  answer: (request: RecordedRequest) => RecordedAnswer | Promise<RecordedAnswer> = () => ({});
  url = '';
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      const recorded: RecordedRequest = {
        ...{ method: request.method ?? '', path: decodeURIComponent(pathname), query: searchParams },
        ...{ headers: request.headers, text, body: text.startsWith('{') ? JSON.parse(text) : {} },
      };
      this.requests.push(recorded);
      const { status = 200, body, headers = {} } = await this.answer(recorded);
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(body === undefined ? '' : JSON.stringify(body));
    });
  }

  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** What was asked for, without bodies: `POST /repos/o/r/check-runs`. */
  calls(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }
}
