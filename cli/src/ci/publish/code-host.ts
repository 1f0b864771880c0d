import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { CiReport } from '../ci-report.ts';

/** A place that pull requests are shown at. */
export interface CodeHost {
  name: string;
  /** The newest commit of a pull request, as the host says. */
  headOf(pull_request: number): Promise<string>;
  /** Shows a report at its commit and pull request. Resolves to what was posted, in words; what is refused is in words, too. */
  publish(report: CiReport): Promise<string[]>;
}

export interface Answer {
  status: number;
  body: unknown;
}

const ANSWER_MS = 30_000;
const ATTEMPTS = 4;
/** A host that wants a longer pause is not waited for: the job costs more than the comment. */
const LONGEST_PAUSE_MS = 60_000;
const MAX_ANSWER_CHARACTERS = 4_000_000;

/** A request that the host refuses, or does not answer. */
export class HostError extends Error {
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.name = 'HostError';
    this.status = status;
  }
}

interface AskOptions {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: unknown;
  /** Statuses other than 2xx that are an answer, too. */
  expected?: readonly number[];
}

/**
 * Asks a code host over HTTP. Server errors and rate limits are tried again, after the pause that the host wants.
 * @throws HostError with the host's own words; never with a header, which has the token
 */
export async function askHost(options: AskOptions): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const response = await send(options);
    const wait_ms = waitOf(response, attempt);
    if (wait_ms !== undefined && attempt < ATTEMPTS && wait_ms <= LONGEST_PAUSE_MS) {
      await response.body?.cancel();
      await pause(wait_ms);
      continue;
    }
    const text = (await response.text()).slice(0, MAX_ANSWER_CHARACTERS);
    const { status } = response;
    if (response.ok || options.expected?.includes(status)) return { status, body: jsonOf(text) };
    throw new HostError(`${options.method} ${new URL(options.url).pathname}: HTTP ${status} ${reasonIn(text)}`, status);
  }
}

async function send({ method, url, headers, body }: AskOptions): Promise<Response> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  try {
    return await fetch(url, {
      ...{ method, redirect: 'error', signal: AbortSignal.timeout(ANSWER_MS), ...json },
      headers: { 'user-agent': 'benchwire-bw', 'content-type': 'application/json', ...headers },
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new HostError(
      `${new URL(url).origin} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}

/** Undefined where asking again does not help. */
function waitOf({ status, headers }: Response, attempt: number): number | undefined {
  const after = Number(headers.get('retry-after') ?? Number.NaN);
  // GitHub's limit on bursts is a 403 with Retry-After.
  if (status === 429 || (status === 403 && Number.isFinite(after)))
    return Number.isFinite(after) ? after * 1000 : 1000 * 2 ** attempt;
  return status >= 500 ? 1000 * 2 ** (attempt - 1) : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonIn(text: string): string {
  const body = jsonOf(text) as { message?: unknown; error?: unknown } | undefined;
  const said = body?.message ?? body?.error ?? text;
  return (typeof said === 'string' ? said : JSON.stringify(said)).slice(0, 300);
}
