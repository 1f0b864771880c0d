const USUAL_PAUSE_MS = 30_000;
/** What GitHub asks for after a secondary limit that names no time. */
const SECONDARY_PAUSE_MS = 60_000;
const MAX_PAUSE_MS = 3_600_000;

/** What an answer has to say about when to come again. */
export interface LimitAnswer {
  status: number;
  headers: Pick<Headers, 'get'>;
  text: string;
}

/**
 * How long the other side wants no more requests; undefined where it does not say that. `Retry-After` first, then the reset times of GitHub
 * (`x-ratelimit-reset`), GitLab (`RateLimit-Reset`) and Azure DevOps, which are epoch seconds and count where nothing remains, then GitHub's
 * secondary limits, which come as 403 and say so in words only. Pure.
 */
export function pauseMs({ status, headers, text }: LimitAnswer, now_ms: number): number | undefined {
  if (![403, 429, 503].includes(status)) return undefined;
  const after_ms = retryAfterMs(headers.get('retry-after'), now_ms);
  if (after_ms !== undefined) return bounded(after_ms);
  if (status === 503) return undefined;
  const remaining = headers.get('x-ratelimit-remaining') ?? headers.get('ratelimit-remaining');
  const reset_s = Number(headers.get('x-ratelimit-reset') ?? headers.get('ratelimit-reset') ?? Number.NaN);
  // A second more: the reset has whole seconds.
  if (remaining === '0' && Number.isFinite(reset_s)) return bounded(reset_s * 1000 - now_ms + 1000);
  if (/secondary rate limit|abuse detection/i.test(text)) return SECONDARY_PAUSE_MS;
  return status === 429 ? USUAL_PAUSE_MS : undefined;
}

/** Seconds or a date. */
function retryAfterMs(header: string | null, now_ms: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now_ms;
  return Number.isFinite(ms) ? ms : undefined;
}

const bounded = (ms: number): number => Math.min(Math.max(ms, 0), MAX_PAUSE_MS);
