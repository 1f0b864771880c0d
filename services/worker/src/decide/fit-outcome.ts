import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { MAX_LOG_BYTES } from '../attempt/log-tail.ts';
import { fitting } from '../executors/command/tests/test-results.ts';

/** The subject, the message id and the protocol around the payload. */
const HEADROOM_BYTES = 2048;

/**
 * The outcome as JSON that NATS takes: at most `max_payload` bytes. Logs go first, then the results, with a failure
 * that says so: an outcome has to arrive, whatever its task printed or reported. Pure.
 *
 * @param logsOf gives the last n bytes of the logs, base64
 */
export function fitOutcome(
  outcome: Outcome,
  max_payload: number,
  logsOf: (limit: number) => string | null,
): { outcome: Outcome; json: string } {
  const most = max_payload - HEADROOM_BYTES;
  const json = JSON.stringify(outcome);
  // A UTF-16 unit is at most three bytes of UTF-8: most outcomes need no counting.
  if (json.length * 3 <= most) return { outcome, json };
  const size = Buffer.byteLength(json);
  if (size <= most) return { outcome, json };

  const { tests } = outcome.results;
  // Where a server takes less than usual, cases go before the results do.
  if (tests !== undefined && tests.cases.length > 0 && size - (outcome.logs?.length ?? 0) > most) {
    const cases = fitting(tests.cases, Math.max(0, Buffer.byteLength(JSON.stringify(tests.cases)) - (size - most)) / 2);
    const cut = { ...tests, cases, cases_left_out: tests.total - cases.length };
    return fitOutcome({ ...outcome, results: { ...outcome.results, tests: cut } }, max_payload, logsOf);
  }

  const bare = size - (outcome.logs?.length ?? 0);
  if (bare <= most) {
    // base64: 4 characters for 3 bytes.
    const limit = Math.min(MAX_LOG_BYTES, Math.floor(((most - bare) * 3) / 4) - 3);
    const cut = { ...outcome, logs: logsOf(limit) };
    return { outcome: cut, json: JSON.stringify(cut) };
  }
  const message = `the results are ${bare} bytes, and a message holds ${most}: report fewer metrics, or shorter names`;
  const failed: Outcome = {
    ...outcome,
    status: 'failed',
    error: taskError('bad_input', 'RESULTS_TOO_LARGE', message, false),
    results: { notes: [message] },
    logs: logsOf(8192),
  };
  return { outcome: failed, json: JSON.stringify(failed) };
}
