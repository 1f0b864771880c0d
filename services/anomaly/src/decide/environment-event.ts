import { eventOf, type FittingEvent } from '@benchwire/shared/contracts/event.ts';
import type { EnvironmentChange } from './environments.ts';
import type { PointRef } from './point-ref.ts';

/** The annotation on the series before and the new ones: what changed below them. Its id is the attempt's, so it is stored once. */
export function environmentEvent(changes: readonly EnvironmentChange[], ref: PointRef, now: Date): FittingEvent {
  const facts = changes[0]?.changes ?? [];
  const text = `the environment changed: ${facts.map(({ what, from, to }) => `${what} from ${from} to ${to}`).join(', ')}`;
  const series_ids = [...new Set(changes.flatMap((each) => [each.series_id, each.previous_series_id]))].slice(0, 1000);
  const event_id = `environment.${ref.attempt_id}`.slice(0, 256);
  return eventOf('series.environment_changed', {
    ...{ at_ms: now.getTime(), event_id, message: text, worker_id: ref.worker_id, pool: ref.pool },
    data: { series_ids, about_at: ref.measured_at, text: text.slice(0, 2000), by: 'anomaly', changes: facts },
  });
}
