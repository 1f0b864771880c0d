import type { Api } from '../contracts/api/api.ts';
import type { AnswerOf, BodyOf, ParamsOf, QueryOf } from '../contracts/api/signature.ts';
import type { Problem } from '../contracts/http.ts';

/**
 * The gateway's HTTP API, typed by its signatures. It runs in browsers as well: of the contracts nothing is imported but types,
 * so that no schema is loaded with a page. Answers are as the gateway's handlers make them, which the compiler holds to the
 * same signatures.
 */

type RouteName = keyof Api;

type Part<Name extends string, T> = [T] extends [undefined]
  ? unknown
  : Empty extends T
    ? { [Each in Name]?: T }
    : { [Each in Name]: T };
type Empty = Record<never, never>;

/** What a route is asked with: those of `params`, `query` and `body` that it has. */
type Asked<Name extends RouteName> = Part<'params', ParamsOf<Api[Name]>> &
  Part<'query', QueryOf<Api[Name]>> &
  Part<'body', BodyOf<Api[Name]>>;

/** What `Asked` is, whatever the route. */
interface AnyAsked {
  params?: Readonly<Record<string, string>>;
  query?: Query;
  body?: unknown;
}

/** One request to a route, still to be sent. */
export interface Call<Answer> {
  method: string;
  /** With its parameters filled in: `/api/runs/0198…`. */
  path: string;
  query: Query;
  body: unknown;
  /** Never set: carries the type of the answer. */
  answer?: Answer;
}

/** Says which route is asked, and with what: `call('GET /api/runs/:run_id', { params: { run_id } })`. Pure. */
export function call<Name extends RouteName>(
  name: Name,
  ...[asked]: Empty extends Asked<Name> ? [asked?: Asked<Name>] : [asked: Asked<Name>]
): Call<AnswerOf<Api[Name]>> {
  // The compiler does not see that every `Asked<Name>` is one.
  const { params = {}, query = {}, body } = (asked ?? {}) as AnyAsked;
  const [method = '', path = ''] = name.split(' ');
  const filled = path.replaceAll(/:(\w+)/g, (_, part) => encodeURIComponent(params[part] ?? ''));
  return { method, path: filled, query, body };
}

export interface SendOptions {
  /** The body is text of this type, and is sent as it is; JSON without. */
  content_type?: string;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

export interface HttpClientOptions {
  /** Such as `http://127.0.0.1:8080`; a page leaves it out and asks where it comes from. */
  url?: string;
  /** Sent with everything: `Authorization: Bearer KEY`. */
  headers?: Readonly<Record<string, string>>;
  /** JSON.parse unless set. */
  readJson?: (text: string) => unknown;
  /** Sends a request; the platform's unless set. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** An `application/problem+json` answer, or (`status` 0) no answer at all. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly request_id: string;
  readonly issues: NonNullable<Problem['issues']>;

  constructor(problem: Pick<Problem, 'status' | 'code' | 'detail'> & Partial<Problem>) {
    super(problem.detail);
    this.name = 'ApiProblem';
    this.status = problem.status;
    this.code = problem.code;
    this.request_id = problem.request_id ?? '';
    this.issues = problem.issues ?? [];
  }
}

type Value = string | number | boolean | null | undefined;
export type Query = Readonly<Record<string, Value | readonly Value[]>>;

/** A path with its query: empty, null and undefined values are left out, lists are repeated. Pure. */
export function withQuery(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value].flat()) {
      if (each !== undefined && each !== null && each !== '') parameters.append(name, String(each));
    }
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

export class HttpClient {
  readonly #options: HttpClientOptions;

  constructor(options: HttpClientOptions = {}) {
    this.#options = options;
  }

  /** @throws ApiProblem for every answer that is no success, and `UNREACHABLE` where there is no answer */
  async send<Answer>(what: Call<Answer>, options: SendOptions = {}): Promise<Answer> {
    const response = await this.#answerTo(what, options);
    const text = await response.text();
    if (!response.ok) throw this.#problemOf(response, text);
    const is_json = response.headers.get('content-type')?.includes('json') === true;
    const answer = is_json ? this.#readJson(text) : response.status === 204 ? null : text;
    return answer as Answer;
  }

  async #answerTo({ method, path, query, body }: Call<unknown>, options: SendOptions): Promise<Response> {
    const { content_type, headers, signal } = options;
    const { url = '', headers: always } = this.#options;
    const type: Record<string, string> =
      body === undefined ? {} : { 'Content-Type': content_type ?? 'application/json' };
    try {
      return await (this.#options.fetch ?? fetch)(`${url}${withQuery(path, query)}`, {
        method,
        signal: signal ?? null,
        headers: { Accept: 'application/json', ...type, ...always, ...headers },
        body: body === undefined ? null : content_type === undefined ? JSON.stringify(body) : String(body),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new ApiProblem({
        status: 0,
        code: 'UNREACHABLE',
        detail: 'The gateway does not respond. Check that the stack is running and reachable from this machine.',
      });
    }
  }

  #readJson(text: string): unknown {
    return (this.#options.readJson ?? JSON.parse)(text);
  }

  #problemOf({ status, statusText, url }: Response, text: string): ApiProblem {
    const without = {
      status,
      code: `HTTP_${status}`,
      detail: `The answer to ${url} was ${status} ${statusText}, without a reason.`,
    };
    try {
      const read = this.#readJson(text);
      return new ApiProblem(isProblem(read) ? { ...read, status } : without);
    } catch {
      return new ApiProblem(without);
    }
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'detail' in value;
}
