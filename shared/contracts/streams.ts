import { EVENTS_SUBJECTS } from './event.ts';
import { FINDINGS_SUBJECTS } from './finding.ts';
import { METRICS_SUBJECTS } from './metrics.ts';
import { NOTIFICATIONS_SUBJECTS } from './notify.ts';
import { OUTCOMES_SUBJECTS } from './outcome.ts';
import { REJECTED_SUBJECTS } from './rejected.ts';
import { STORED_SUBMIT_SUBJECT } from './request.ts';
import { RUNS_SUBJECTS } from './run.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const GIB = 1024 ** 3;

/** What a stream is; shared/runtime/streams.ts creates or updates it from this. */
export interface StreamDefinition {
  name: string;
  subjects: string;
  /** `until_acked`: a work queue, a message stays until its consumer acks it. Else how long it is kept. */
  kept: 'until_acked' | { max_age_ms: number; max_bytes?: number };
}

export const RUNS: StreamDefinition = { name: 'RUNS', subjects: RUNS_SUBJECTS, kept: 'until_acked' };
/** Requests that nobody waits for an answer to, until ingest has read them. Since 0.5. */
export const REQUESTS: StreamDefinition = { name: 'REQUESTS', subjects: STORED_SUBMIT_SUBJECT, kept: 'until_acked' };
export const OUTCOMES: StreamDefinition = {
  name: 'OUTCOMES',
  subjects: OUTCOMES_SUBJECTS,
  kept: { max_age_ms: 7 * DAY_MS },
};
export const METRICS: StreamDefinition = {
  name: 'METRICS',
  subjects: METRICS_SUBJECTS,
  kept: { max_age_ms: DAY_MS, max_bytes: 4 * GIB },
};
export const EVENTS: StreamDefinition = { name: 'EVENTS', subjects: EVENTS_SUBJECTS, kept: { max_age_ms: 7 * DAY_MS } };
export const FINDINGS: StreamDefinition = {
  name: 'FINDINGS',
  subjects: FINDINGS_SUBJECTS,
  kept: { max_age_ms: 30 * DAY_MS },
};
export const REJECTED: StreamDefinition = {
  name: 'REJECTED',
  subjects: REJECTED_SUBJECTS,
  kept: { max_age_ms: 30 * DAY_MS, max_bytes: GIB },
};

/** What is sent to people, and what became of it (notify.ts). Since 0.6. */
export const NOTIFICATIONS: StreamDefinition = {
  name: 'NOTIFICATIONS',
  subjects: NOTIFICATIONS_SUBJECTS,
  kept: { max_age_ms: 30 * DAY_MS },
};

export const STREAMS: readonly StreamDefinition[] = [
  ...[RUNS, REQUESTS, OUTCOMES, METRICS, EVENTS, FINDINGS, REJECTED, NOTIFICATIONS],
];

/** A publisher that retries within this window stores its message once (`Nats-Msg-Id`). */
export const DUPLICATE_WINDOW_MS = 2 * 60_000;
