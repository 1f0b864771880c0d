import type { BenchEvent } from '@benchwire/shared/contracts/event.ts';
import { eventData, eventName } from '@benchwire/shared/contracts/event.ts';
import type { Labels, Severity } from '@benchwire/shared/contracts/notify.ts';
import type { Alert, AlertBook } from './alert.ts';

/** What is wrong with the fleet, by what begins and ends it. */
type Kind = 'worker_lost' | 'worker_quarantined' | 'no_pool' | 'circuit_open';

const SEVERITIES: Readonly<Record<Kind, Severity>> = {
  worker_lost: 'warning',
  worker_quarantined: 'warning',
  no_pool: 'warning',
  circuit_open: 'warning',
};

/** Follows EVENTS: what begins an alert about the fleet, and what ends it. */
export class FleetAlerts {
  readonly #book: AlertBook;
  /** kind and subject -> the alert that is open. */
  readonly #open = new Map<string, string>();
  /** Of these those of tasks that wait for a pool. */
  #waiting = 0;

  constructor(book: AlertBook) {
    this.#book = book;
  }

  /**
   * Whether an event may change anything here, by its subject and its bytes: a stack that has measured for a week has hundreds of thousands of
   * events of tasks, which a start would read for nothing.
   */
  concerns(subject: string, written: Uint8Array): boolean {
    const bytes = Buffer.from(written.buffer, written.byteOffset, written.byteLength);
    const [, , entity] = subject.split('.');
    if (entity === 'worker' || entity === 'service') return true;
    if (entity !== 'task' && entity !== 'run') return false;
    return this.#waiting > 0 || bytes.includes('"waiting_for_pool"');
  }

  /** @param sequence - of the event in its stream */
  take(event: BenchEvent, sequence: number): void {
    const { worker_id, run_id, task_id } = event;
    switch (eventName(event)) {
      case 'worker.joined':
      case 'worker.changed':
        this.#learnPools('worker.joined', event);
        if (eventName(event) === 'worker.joined') this.#end('worker_lost', worker_id ?? '', event, sequence);
        return;
      case 'worker.lost':
        this.#learnPools('worker.lost', event);
        this.#begin('worker_lost', worker_id ?? '', event, sequence, `Worker lost: ${worker_id}`);
        return;
      case 'worker.quarantined':
        this.#begin('worker_quarantined', worker_id ?? '', event, sequence, `Worker in quarantine: ${worker_id}`);
        return;
      case 'worker.released':
        this.#end('worker_quarantined', worker_id ?? '', event, sequence);
        return;
      case 'task.waiting_for_pool':
        this.#begin('no_pool', `${run_id} ${task_id}`, event, sequence, `No machine for task ${task_id}`);
        return;
      case 'task.running':
        this.#end('no_pool', `${run_id} ${task_id}`, event, sequence);
        return;
      case 'run.finished':
        for (const subject of this.#open.keys())
          if (subject.startsWith(`no_pool ${run_id} `))
            this.#end('no_pool', subject.slice('no_pool '.length), event, sequence);
        return;
      case 'service.circuit_opened': {
        const data = eventData('service.circuit_opened', event);
        if (!data.ok) return;
        const { subject, hardware } = data.value;
        this.#begin('circuit_open', `${subject} ${hardware}`, event, sequence, `Held back: ${subject} on ${hardware}`);
        return;
      }
      case 'service.circuit_closed': {
        const data = eventData('service.circuit_closed', event);
        if (data.ok) this.#end('circuit_open', `${data.value.subject} ${data.value.hardware}`, event, sequence);
        return;
      }
      default:
    }
  }

  #learnPools(name: 'worker.joined' | 'worker.lost', event: BenchEvent): void {
    const data = eventData(name, event);
    const devices = data.ok ? data.value?.capabilities?.devices : undefined;
    if (event.worker_id !== null && devices !== undefined)
      this.#book.setPools(
        event.worker_id,
        devices.map(({ pool }) => pool),
      );
  }

  #begin(kind: Kind, subject: string, event: BenchEvent, sequence: number, title: string): void {
    const place = `${kind} ${subject}`;
    if (this.#open.has(place)) return;
    const alert_id = `${kind}.${event.event_id}`;
    this.#open.set(place, alert_id);
    if (kind === 'no_pool') this.#waiting++;
    this.#book.put(fleetAlert({ kind, alert_id, event, sequence, title }));
  }

  #end(kind: Kind, subject: string, event: BenchEvent, sequence: number): void {
    const place = `${kind} ${subject}`;
    const alert = this.#book.get(this.#open.get(place) ?? '');
    if (this.#open.delete(place) && kind === 'no_pool') this.#waiting--;
    if (alert === undefined) return;
    const facts: Alert['facts'] = [...alert.facts, ['Ended', event.message]];
    this.#book.put({ ...alert, state: 'ended', revision: sequence, changed_ms: Date.parse(event.at), facts });
  }
}

interface FleetAlertOptions {
  kind: Kind;
  alert_id: string;
  event: BenchEvent;
  sequence: number;
  title: string;
}

function fleetAlert({ kind, alert_id, event, sequence, title }: FleetAlertOptions): Alert {
  const { worker_id, run_id, pool, at, message } = event;
  const at_ms = Date.parse(at);
  const labels: Labels = {
    ...{ type: 'fleet', kind },
    ...(worker_id === null ? {} : { worker: worker_id }),
    ...(run_id === null ? {} : { run: run_id }),
    ...(pool === null ? {} : { pool }),
  };
  return {
    ...{ alert_id, state: 'open', revision: sequence, opened_ms: at_ms, changed_ms: at_ms, labels },
    ...{ change_percent: null, usual_severity: SEVERITIES[kind], title, facts: [['What happened', message]] },
    path: run_id === null ? '/fleet' : `/runs/${run_id}`,
    command: null,
  };
}

/** Something that is measured from time to time, and that is wrong now. */
export interface Trouble {
  kind: 'rejected_messages' | 'consumer_behind' | 'storage_full';
  /** Which of its kind; nothing where there is one only. */
  subject: string;
  severity: Severity;
  title: string;
  message: string;
}

/** Puts what is wrong now, and ends what is not any more. One alert a day and subject, also over restarts. */
export function updateTroubles(book: AlertBook, troubles: readonly Trouble[], now_ms: number): void {
  const day = new Date(now_ms).toISOString().slice(0, 10);
  const now = new Map(troubles.map((trouble) => [`${trouble.kind}.${trouble.subject}.${day}`, trouble]));
  for (const alert of book.all()) {
    if (alert.labels.type !== 'stack' || alert.state === 'ended' || now.has(alert.alert_id)) continue;
    book.put({ ...alert, state: 'ended', revision: now_ms, changed_ms: now_ms });
  }
  for (const [alert_id, { kind, severity, title, message }] of now) {
    if (book.get(alert_id)?.state === 'open') continue;
    book.put({
      ...{ alert_id, state: 'open', revision: now_ms, opened_ms: now_ms, changed_ms: now_ms },
      ...{ labels: { type: 'stack', kind }, change_percent: null, usual_severity: severity, title },
      ...{ facts: [['What is wrong', message]], path: '/fleet', command: null },
    });
  }
}

/** A silence that will end: said before, while somebody can still do something. Pure. */
export function endingSilences(
  silences: readonly { silence_id: string; until: string; from: string; by: string; reason: string }[],
  now_ms: number,
): Alert[] {
  return silences.flatMap(({ silence_id, from, until, by, reason }) => {
    const [begin, end] = [Date.parse(from), Date.parse(until)];
    const notice_ms = end - Math.min(3_600_000, (end - begin) / 4);
    if (now_ms < notice_ms) return [];
    const is_over = now_ms >= end;
    const at_ms = is_over ? end : notice_ms;
    const facts: Alert['facts'] = [
      ['Silence', `${reason} (${by})`],
      ['Ends', until],
    ];
    return [
      {
        ...{ alert_id: `silence.${silence_id}`, state: is_over ? 'ended' : 'open', revision: at_ms },
        ...{ opened_ms: notice_ms, changed_ms: at_ms, labels: { type: 'silence', kind: 'silence_ends' } },
        ...{ change_percent: null, usual_severity: 'info', facts, path: null, command: null },
        title: is_over ? `A silence has ended: ${reason}` : `A silence ends soon: ${reason}`,
      } satisfies Alert,
    ];
  });
}
