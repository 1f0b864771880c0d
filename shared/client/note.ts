import { jetstream } from '@nats-io/jetstream';
import { type AnnotationData, type BenchEvent, eventSubject } from '../contracts/event.ts';
import { MESSAGE_VERSION, newRunId } from '../contracts/ids.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { publish } from '../runtime/publish.ts';

export interface Note extends Pick<AnnotationData, 'text' | 'by' | 'link'> {
  series_id: string;
  /** The point in time of the series that it is about; now without. */
  about_at?: string;
}

/** Notes something on a series, for all who look at its history. Resolves to the event's id when it is stored. */
export async function noteOnSeries(nats: NatsConnection, note: Note, now: Date): Promise<string> {
  const { series_id, text, by, link } = note;
  const at = now.toISOString();
  const data: AnnotationData = { series_ids: [series_id], about_at: note.about_at ?? at, text, by, link, changes: [] };
  const event: BenchEvent = {
    ...{ v: MESSAGE_VERSION, event_id: newRunId(), at, entity: 'series', kind: 'note', message: text, data },
    ...{ run_id: null, task_id: null, attempt: null, worker_id: null, pool: null },
  };
  await publish(jetstream(nats), eventSubject(event), JSON.stringify(event), { id: event.event_id });
  return event.event_id;
}
