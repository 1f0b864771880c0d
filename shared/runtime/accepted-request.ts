import type { JetStreamManager } from '@nats-io/jetstream';
import { benchEvent, eventData, eventName, eventSubject } from '../contracts/event.ts';
import type { Request } from '../contracts/request.ts';
import { EVENTS } from '../contracts/streams.ts';
import { parseJson } from './issues.ts';
import { nextMessage } from './read-to-end.ts';

/**
 * The request of a run as the scheduler accepted it: its event `accepted`, the first one of the run. Undefined where EVENTS
 * does not have it (any more).
 */
export async function acceptedRequest(manager: JetStreamManager, run_id: string): Promise<Request | undefined> {
  const first = await nextMessage(manager, EVENTS.name, 0, eventSubject({ entity: 'run', run_id }));
  const event = first === undefined ? undefined : parseJson(benchEvent, first.data);
  if (event?.ok !== true || eventName(event.value) !== 'run.accepted') return undefined;
  const data = eventData('run.accepted', event.value);
  return data.ok ? data.value.request : undefined;
}
