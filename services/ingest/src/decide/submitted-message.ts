import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';

/** Where refused requests stand in REJECTED, whichever door they came through. */
export const REJECTED_WHERE = 'request';

/** https://www.w3.org/TR/trace-context/ and https://www.w3.org/TR/baggage/, with the lengths that they ask for at least. */
const TRACE_HEADERS = { traceparent: 128, tracestate: 512, baggage: 8192 } as const;

/** The headers for distributed tracing that came with a message, or undefined. Longer ones than the standards ask for are left out. */
export function traceOf(header: (name: string) => string | undefined): Record<string, string> | undefined {
  const trace: Record<string, string> = {};
  for (const [name, most] of Object.entries(TRACE_HEADERS)) {
    const value = header(name) ?? '';
    if (value !== '' && value.length <= most) trace[name] = value;
  }
  return Object.keys(trace).length === 0 ? undefined : trace;
}

/**
 * The message `submitted` as it goes to RUNS. The request stands in it as written: every reader parses it with the
 * same contract and gets the same defaults.
 */
export function encodeSubmitted(
  run_id: string,
  written: unknown,
  at: Date,
  trace: Record<string, string> | undefined,
): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify({
      v: MESSAGE_VERSION,
      run_id,
      at: at.toISOString(),
      kind: 'submitted',
      request: written,
      ...(trace === undefined ? {} : { trace }),
    }),
  );
}

/** The server counts headers in; `Nats-Msg-Id` and what is expected of the stream take less than this. */
const HEADER_BYTES = 512;

/** What is wrong with a message that the server would refuse for its size. */
export function sizeIssue(message_bytes: number, max_payload: number): Issue | undefined {
  if (message_bytes + HEADER_BYTES <= max_payload) return undefined;
  return {
    path: '(message)',
    code: 'request_too_large',
    message: `stored, the request takes ${message_bytes} bytes, and a message holds ${max_payload - HEADER_BYTES}: write what is alike as matrix or repetitions, split it into several requests, or raise max_payload of the NATS server`,
  };
}
