import { type BenchEvent, eventSubject } from '@benchwire/shared/contracts/event.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import type { JetStreamClient } from '@nats-io/jetstream';

/** Stores events, each once by its id; resolves when EVENTS has them. */
export async function publishEvents(
  client: JetStreamClient,
  events: readonly BenchEvent[],
  signal: AbortSignal,
): Promise<void> {
  for (const event of events) {
    await publish(client, eventSubject(event), JSON.stringify(event), { id: event.event_id, signal });
  }
}
