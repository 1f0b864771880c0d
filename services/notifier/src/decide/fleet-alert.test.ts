import { type BenchEvent, eventSubject } from '@benchwire/shared/contracts/event.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AlertBook } from './alert.ts';
import { FleetAlerts } from './fleet-alert.ts';

const RUNS = [newRunId(), newRunId()];

const NAMES = [
  ...(['task.waiting_for_pool', 'task.running', 'task.queued', 'task.completed'] as const),
  ...(['run.accepted', 'run.finished', 'worker.joined', 'worker.lost', 'worker.quarantined'] as const),
  ...(['worker.released', 'series.accepted'] as const),
];

it('passes over events by their bytes without missing one that matters', () => {
  const event = fc.record({
    name: fc.constantFrom(...NAMES),
    run_id: fc.constantFrom(...RUNS),
    task_id: fc.constantFrom('a', 'b'),
    worker_id: fc.constantFrom('w1', 'w2'),
    message: fc.constantFrom('so', 'it is "waiting_for_pool"'),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (written) => {
      const [all, some] = [new AlertBook(), new AlertBook()];
      const [every, passing] = [new FleetAlerts(all), new FleetAlerts(some)];
      for (const [seq, { name, ...about }] of written.entries()) {
        const [entity = '', kind = ''] = name.split('.');
        const at = new Date(seq).toISOString();
        const one = { v: 1, event_id: `e${seq}`, at, entity, kind, attempt: null, pool: null, ...about } as BenchEvent;
        every.take(one, seq);
        if (passing.concerns(eventSubject(one), Buffer.from(JSON.stringify(one)))) passing.take(one, seq);
      }
      expect([...some.all()]).toEqual([...all.all()]);
    }),
  );
});
