import type { WorkerNow } from '@benchwire/shared/contracts/api/fleet.ts';
import type { SchedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { expect, it } from 'vitest';
import { fleetProblems } from './fleet-problems.ts';

const NOW = Date.parse('2026-01-02T00:00:00Z');
const worker = (worker_id: string, state: string, changes: Partial<WorkerNow> = {}) =>
  ({ worker_id, state, reason: '', changed_at: '2026-01-01T23:00:00.000Z', ...changes }) as WorkerNow;

it('names what is wrong with services, workers and hardware, in this order', () => {
  const problems = fleetProblems(
    {
      workers: [
        worker('fine', 'ready'),
        worker('sick', 'quarantined', { reason: 'fails 3 models' }),
        worker('gone', 'lost'),
        worker('gone-long-ago', 'lost', { changed_at: '2025-12-01T00:00:00.000Z' }),
        worker('went-home', 'left'),
      ],
      status: {
        unserved: [{ tasks: 2 }, { tasks: 1 }],
        circuits: [{ subject: 'bert', hardware: 'cpu-a' }],
      } as unknown as SchedulerStatus,
      cluster: { services: [], nats: null, problems: ['no ingest answers'] },
    },
    NOW,
  );
  expect(problems.map(({ text }) => text)).toEqual([
    'no ingest answers',
    'sick is quarantined: fails 3 models',
    'gone is lost',
    '3 tasks need hardware that is not there',
    'bert is paused on cpu-a',
  ]);
  expect(problems[1]?.href).toBe('/fleet/sick');
});

it('knows no problem before anything has been answered', () => {
  expect(fleetProblems({ workers: undefined, status: undefined, cluster: undefined }, NOW)).toEqual([]);
});
