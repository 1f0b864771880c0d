import { Later, Refused } from './errors.ts';
import { pauseMs } from './pause.ts';

const ANSWER_MS = 20_000;
/** Of an answer that says why; more is not shown. */
const REASON_CHARACTERS = 300;
const MAX_ANSWER_CHARACTERS = 10_000_000;
const SECRET_CHARACTERS = 6;

export interface SendOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  /** A text is JSON already. */
  json?: object | string;
  /** What is not JSON. */
  data?: FormData | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  /** Taken out of what the other side says before it is shown. */
  secrets?: ReadonlyArray<string | undefined>;
  signal: AbortSignal;
}

export interface Received {
  status: number;
  headers: Headers;
  text: string;
}

/**
 * One request. Addresses may be secret, so errors do not name them.
 * @throws Refused for 4xx that trying again does not change, Later where the other side says when to come again, Error else
 */
export async function send(options: SendOptions): Promise<Received> {
  const { method = 'POST', url, json, data, headers, secrets, signal } = options;
  const body = json === undefined ? data : typeof json === 'string' ? json : JSON.stringify(json);
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(url, {
    ...{ method, redirect: 'error', signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) },
    headers: { ...type, 'user-agent': 'benchwire', ...headers },
    ...(body === undefined ? {} : { body }),
  }).catch((error: unknown) => {
    throw new Error(`no answer: ${reasonOf(error)}`);
  });
  const text = (await response.text().catch(() => '')).slice(0, MAX_ANSWER_CHARACTERS);
  const { status } = response;
  if (response.ok) return { status, headers: response.headers, text };
  const said = withoutSecrets(text.trim(), secrets ?? []).slice(0, REASON_CHARACTERS);
  const reason = `HTTP ${status}${said === '' ? '' : `: ${said}`}`;
  const pause_ms = pauseMs({ status, headers: response.headers, text }, Date.now());
  if (pause_ms !== undefined) throw new Later(reason, pause_ms);
  if (status >= 400 && status < 500 && ![408, 425].includes(status)) throw new Refused(reason, status);
  throw new Error(reason);
}

/** The same for answers of JSON. @throws also Error where the answer is not JSON: something else than the service answers at the address */
export async function sendJson<T>(options: SendOptions): Promise<{ body: T; headers: Headers }> {
  const { text, headers, status } = await send({
    ...options,
    headers: { accept: 'application/json', ...options.headers },
  });
  if (status === 204 || text === '') return { body: undefined as T, headers };
  try {
    return { body: JSON.parse(text) as T, headers };
  } catch {
    throw new Error(`the answer is not JSON (HTTP ${status}): check the address`);
  }
}

/**
 * Every item of a list in pages, linked by `Link: …; rel="next"`. A next page elsewhere than on the first one's server is refused: it
 * would get the token.
 */
export async function* sendPages<T>(options: SendOptions, most_pages = 30): AsyncGenerator<T> {
  const { origin } = new URL(options.url);
  let url: string | undefined = options.url;
  for (let page = 0; url !== undefined && page < most_pages; page++) {
    const { body, headers }: { body: T[]; headers: Headers } = await sendJson({ ...options, method: 'GET', url });
    yield* body;
    url = /<([^>]+)>;\s*rel="next"/.exec(headers.get('link') ?? '')?.[1];
    if (url !== undefined && new URL(url).origin !== origin) throw new Error('the next page is on another server');
  }
}

function withoutSecrets(text: string, secrets: ReadonlyArray<string | undefined>): string {
  return secrets.reduce<string>(
    (left, secret) =>
      secret === undefined || secret.length < SECRET_CHARACTERS ? left : left.replaceAll(secret, '(secret)'),
    text,
  );
}

/** What `fetch` hides in the cause: `connect ECONNREFUSED 127.0.0.1:1`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `within ${ANSWER_MS / 1000} s`;
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}
