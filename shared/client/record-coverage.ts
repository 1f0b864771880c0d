import { jetstream } from '@nats-io/jetstream';
import { type CoverageLine, coverageParts } from '../catalogue/coverage-results.ts';
import { eventOf } from '../contracts/event.ts';
import { MAX_COVERED_MODELS } from '../contracts/model-coverage.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { publishEvent } from '../runtime/publish-event.ts';

/**
 * Stores what a coverage run found, for the matrix and for everyone who asks how far a model type comes. Recording the same run
 * again changes nothing.
 */
export async function recordCoverage(
  nats: NatsConnection,
  lines: readonly CoverageLine[],
  checked_at: Date,
): Promise<number> {
  const parts = coverageParts(lines, checked_at.toISOString(), MAX_COVERED_MODELS);
  const client = jetstream(nats);
  for (const [part, data] of parts.entries()) {
    const event = eventOf('model.covered', {
      ...{ at_ms: checked_at.getTime(), event_id: `model.covered.${data.checked_at}.${part}` },
      message: `coverage of model types: ${data.models.length} results, part ${part + 1} of ${parts.length}`,
      data,
    });
    await publishEvent(client, event);
  }
  return parts.reduce((sum, { models }) => sum + models.length, 0);
}
