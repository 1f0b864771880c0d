import { query } from '@benchwire/shared/client/query.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@nats-io/transport-node';
import { REMEMBERED } from '../decide/test-memory.ts';

export interface TestState {
  case_id: string;
  pool: string;
  /** The newest first. */
  failed: boolean[];
}

const PAGE = 5000;

/**
 * Asks the aggregator how each test case ended lately. Without an answer (an aggregator of before 0.5) nothing is known of them,
 * so the first failures after a start are no news.
 */
export async function loadTestStates(
  nats: NatsConnection,
  log: Log,
  /** When the stream got the first outcome that is read from it. */
  stored_before: Date | undefined,
  take: (state: TestState) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (let after_case_id = ''; !signal.aborted; ) {
      const { rows, truncated } = await query(
        nats,
        'test_states',
        {
          ...{ after_case_id, executions: REMEMBERED, limit: PAGE },
          ...(stored_before === undefined ? {} : { stored_before: stored_before.toISOString() }),
        },
        signal,
      );
      for (const { case_id, pool, bad } of rows) take({ case_id, pool, failed: bad.map(Boolean) });
      const last = rows.at(-1)?.case_id;
      if (!truncated || last === undefined) return;
      after_case_id = last;
    }
  } catch (error) {
    if (!signal.aborted) log.warn({ why: messageOf(error) }, 'how tests ended before is not known');
  }
}
