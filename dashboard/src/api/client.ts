/** The gateway's HTTP API over fetch: JSON in, JSON out, errors as `ApiProblem`. */

import { readJson } from './read-json.ts';

/** One thing that is wrong with what was sent. */
export interface ProblemIssue {
  path: string;
  code: string;
  message: string;
}

/** An `application/problem+json` answer, or (`status` 0) no answer at all. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly request_id: string;
  readonly issues: readonly ProblemIssue[];

  constructor(problem: {
    status: number;
    code: string;
    detail: string;
    request_id?: string;
    issues?: readonly ProblemIssue[];
  }) {
    super(problem.detail);
    this.name = 'ApiProblem';
    this.status = problem.status;
    this.code = problem.code;
    this.request_id = problem.request_id ?? '';
    this.issues = problem.issues ?? [];
  }
}

export type Query = Readonly<
  Record<string, string | number | boolean | readonly (string | number)[] | null | undefined>
>;

/** A path with its query: empty, null and undefined values are left out, lists are repeated. */
export function withQuery(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== '') parameters.append(name, String(each));
    }
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

interface SendOptions {
  query?: Query;
  /** Sent as JSON, or as it is when `content_type` is given. */
  body?: unknown;
  content_type?: string;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/**
 * Sends one request with the session's cookie.
 * @throws ApiProblem for every answer that is no success, and `UNREACHABLE` where there is no answer
 */
export async function send<T>(method: string, path: string, options: SendOptions = {}): Promise<T> {
  const response = await answerTo(method, path, options);
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  if (!response.ok) throw problemOf(response, text);
  return text === '' ? (undefined as T) : (readJson(text) as T);
}

async function answerTo(method: string, path: string, options: SendOptions): Promise<Response> {
  const { query, body, content_type, headers = {}, signal = null } = options;
  const type = content_type ?? 'application/json';
  try {
    return await fetch(withQuery(path, query), {
      method,
      credentials: 'same-origin',
      signal,
      headers: {
        Accept: 'application/json',
        // No foreign page can send this one without being let in by CORS.
        ...(method === 'GET' ? {} : { 'X-Benchwire-Csrf': '1' }),
        ...(body === undefined ? {} : { 'Content-Type': type }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: content_type === undefined ? JSON.stringify(body) : String(body) }),
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

function problemOf(response: Response, text: string): ApiProblem {
  try {
    const problem = readJson(text) as Partial<ApiProblem> & { detail?: string; title?: string };
    return new ApiProblem({
      status: response.status,
      code: problem.code ?? `HTTP_${response.status}`,
      detail: problem.detail ?? problem.title ?? response.statusText,
      ...(problem.request_id === undefined ? {} : { request_id: problem.request_id }),
      ...(problem.issues === undefined ? {} : { issues: problem.issues }),
    });
  } catch {
    const detail = `The answer to ${response.url} was ${response.status} ${response.statusText}, without a reason.`;
    return new ApiProblem({ status: response.status, code: `HTTP_${response.status}`, detail });
  }
}
