import { Later, Refused } from './connector.ts';

const ANSWER_MS = 20_000;
/** Of an answer that says why; more is not read. */
const REASON_CHARACTERS = 300;
const USUAL_PAUSE_MS = 30_000;

export interface PostOptions {
  url: string;
  body: string;
  headers?: Record<string, string>;
  signal: AbortSignal;
}

/**
 * POSTs JSON. Addresses may be secret, so no error names them.
 * @returns the answer's text
 * @throws Refused for 4xx, Later for 429 and 503 with Retry-After, Error else
 */
export async function postJson({ url, body, headers, signal }: PostOptions): Promise<string> {
  const response = await fetch(url, {
    ...{ method: 'POST', body, redirect: 'error' },
    headers: { 'content-type': 'application/json', 'user-agent': 'benchwire-notifier', ...headers },
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
  }).catch((error: unknown) => {
    throw new Error(`no answer: ${reasonOf(error)}`);
  });
  const text = (await response.text().catch(() => '')).slice(0, 100_000);
  if (response.ok) return text;
  const said = text.trim().slice(0, REASON_CHARACTERS);
  const reason = `HTTP ${response.status}${said === '' ? '' : `: ${said}`}`;
  const pause_ms = retryAfterMs(response.headers.get('retry-after'), Date.now());
  if (response.status === 429 || (response.status === 503 && pause_ms !== undefined))
    throw new Later(reason, pause_ms ?? USUAL_PAUSE_MS);
  if (response.status >= 400 && response.status < 500 && ![408, 425].includes(response.status))
    throw new Refused(reason);
  throw new Error(reason);
}

/** What `fetch` hides in the cause: `connect ECONNREFUSED 127.0.0.1:1`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `within ${ANSWER_MS / 1000} s`;
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}

/** Seconds or a date. Pure. */
function retryAfterMs(header: string | null, now_ms: number): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now_ms;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 3_600_000) : undefined;
}
