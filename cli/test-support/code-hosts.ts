import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Call {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

interface Comment {
  id: number;
  body: string;
}

/** How the next calls of a path are refused: status, body and headers, so many times. */
interface Refusal {
  method: string;
  path: RegExp;
  times: number;
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/**
 * A server on loopback that speaks what GitHub and GitLab speak about checks, statuses, comments and notes, as far as their documentation
 * shows it: the same addresses, fields and answers.
 */
export class CodeHosts {
  readonly calls: Call[] = [];
  readonly comments: Comment[] = [];
  readonly refusals: Refusal[] = [];
  /** The newest commit of each pull request. */
  readonly heads = new Map<number, string>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  of(method: string, path: RegExp): Call[] {
    return this.calls.filter((call) => call.method === method && path.test(call.path));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { method = '', url = '', headers } = request;
    const call = { method, path: url, headers, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
    this.calls.push(call);
    const refusal = this.refusals.find((each) => each.times > 0 && each.method === method && each.path.test(url));
    if (refusal !== undefined) {
      refusal.times--;
      response.writeHead(refusal.status, { 'content-type': 'application/json', ...refusal.headers });
      response.end(JSON.stringify(refusal.body));
      return;
    }
    const [status, body] = this.#reply(call);
    const link = this.#nextPage(call, `http://${headers.host}`);
    response.writeHead(status, { 'content-type': 'application/json', ...link }).end(JSON.stringify(body));
  }

  #reply({ method, path, body }: Call): [number, unknown] {
    const pull = /\/pulls\/(\d+)$/.exec(path);
    if (pull !== null) return [200, { number: Number(pull[1]), head: { sha: this.heads.get(Number(pull[1])) ?? '' } }];
    const merge = /\/merge_requests\/(\d+)$/.exec(path);
    if (merge !== null) return [200, { iid: Number(merge[1]), sha: this.heads.get(Number(merge[1])) ?? '' }];
    if (method === 'GET' && /\/check-runs\?/.test(path)) return [200, { check_runs: [] }];
    if (/\/check-runs$/.test(path)) return [201, { id: 1, ...body }];
    if (method === 'GET' && /\/statuses\?/.test(path)) return [200, []];
    if (/\/statuses\//.test(path)) return [201, { id: 2, ...body }];
    if (/\/(comments|notes)(\?|$)/.test(path)) return this.#commentsOf(method, path, body);
    const edited = /\/(?:comments|notes)\/(\d+)$/.exec(path);
    const comment = this.comments.find(({ id }) => id === Number(edited?.[1]));
    if (comment === undefined) return [404, { message: 'Not Found' }];
    comment.body = String(body.body);
    return [200, comment];
  }

  /** Both hosts name the next page of a list in a header. */
  #nextPage({ method, path }: Call, origin: string): Record<string, string> {
    const url = new URL(path, origin);
    const [page, size] = [Number(url.searchParams.get('page') ?? 1), Number(url.searchParams.get('per_page') ?? 0)];
    if (method !== 'GET' || !/\/(comments|notes)$/.test(url.pathname) || page * size >= this.comments.length) return {};
    url.searchParams.set('page', String(page + 1));
    return { link: `<${url.href}>; rel="next"` };
  }

  #commentsOf(method: string, path: string, body: Record<string, unknown>): [number, unknown] {
    if (method === 'POST') {
      const comment = { id: this.comments.length + 1, body: String(body.body) };
      this.comments.push(comment);
      return [201, comment];
    }
    const asked = new URL(path, 'http://host').searchParams;
    const [page, size] = [Number(asked.get('page') ?? 1), Number(asked.get('per_page'))];
    return [200, this.comments.slice((page - 1) * size, page * size)];
  }
}
