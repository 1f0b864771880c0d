import { jetstream } from '@nats-io/jetstream';
import { type AnnotationData, eventOf } from '../contracts/event.ts';
import { newRunId } from '../contracts/ids.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { publishEvent } from '../runtime/publish-event.ts';

export interface Note extends Pick<AnnotationData, 'text' | 'by' | 'link'> {
  series_id: string;
  /** The point in time of the series that it is about; now without. */
  about_at?: string | undefined;
}

/** Notes something on a series, for all who look at its history. Resolves to the event's id when it is stored. */
export async function noteOnSeries(nats: NatsConnection, note: Note, now: Date): Promise<string> {
  const { series_id, text, by, link } = note;
  const event = eventOf('series.note', {
    ...{ at_ms: now.getTime(), event_id: newRunId(), message: text },
    data: { series_ids: [series_id], about_at: note.about_at ?? now.toISOString(), text, by, link },
  });
  await publishEvent(jetstream(nats), event);
  return event.event_id;
}
