import { eventSubject, type FittingEvent } from '../contracts/event.ts';
import { publish } from './publish.ts';
import type { StreamPublisher } from './stream-writer.ts';

/** Stores an event, once by its id. Waits and throws as `publish` does; without a signal for ever. */
export async function publishEvent(client: StreamPublisher, event: FittingEvent, signal?: AbortSignal): Promise<void> {
  const id = { id: event.event_id };
  await publish(client, eventSubject(event), JSON.stringify(event), signal === undefined ? id : { ...id, signal });
}
