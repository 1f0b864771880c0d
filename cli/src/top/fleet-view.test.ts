import type { PoolStatus } from '@benchwire/shared/contracts/status.ts';
import { describe, expect, it } from 'vitest';
import { createStyle } from '../terminal/style.ts';
import { emptyFleet, fleetView } from './fleet-view.ts';

const before_0_2: PoolStatus = { pool: 'cpu-0000000a', class: 'cpu', workers: 1, slots: 1, emitted: 2, waiting: 4 };
const busy = { ...before_0_2, running: 1, oldest_wait_seconds: 75, expected_work_seconds: 185, unknown_work_tasks: 0 };

/** The lines about pools, without the blanks between the columns. */
function queues(width: number | undefined, ...pools: PoolStatus[]): string[] {
  const fleet = emptyFleet();
  const status = {
    v: 1 as const,
    at: '2026-01-01T00:00:00.000Z',
    leader: 's',
    open_runs: 1,
    waiting: 4,
    unplaceable: 0,
  };
  fleet.status = { status: { ...status, pools }, seen_ms: 0 };
  const lines = fleetView(fleet, 0, createStyle(false), width, 40);
  const first = lines.indexOf('queues');
  return lines.slice(first + 1, first + 2 + pools.length).map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
}

describe('the queues in `bw top`', () => {
  it('say how long the oldest task waits and how much work there is, where that is known', () => {
    expect(
      queues(
        undefined,
        busy,
        { ...busy, pool: 'cpu-0000000b', unknown_work_tasks: 3 },
        { ...busy, pool: 'cpu-0000000c', expected_work_seconds: 0, unknown_work_tasks: 6 },
        { ...busy, pool: 'cpu-0000000d', emitted: 0, waiting: 0 },
        { ...before_0_2, pool: 'cpu-0000000e' },
      ),
    ).toEqual([
      'pool | class | workers | slots | queued | waiting | oldest | work',
      'cpu-0000000a | cpu | 1 | 1 | 2 | 4 | 1 min 15 s | 3 min 05 s',
      'cpu-0000000b | cpu | 1 | 1 | 2 | 4 | 1 min 15 s | 3 min 05 s +',
      'cpu-0000000c | cpu | 1 | 1 | 2 | 4 | 1 min 15 s | ?',
      'cpu-0000000d | cpu | 1 | 1 | 0 | 0',
      'cpu-0000000e | cpu | 1 | 1 | 2 | 4',
    ]);
  });

  it('give way to what matters more in a narrow terminal', () => {
    expect(queues(70, busy)[0]).toBe('pool | class | workers | slots | queued | waiting | work');
    expect(queues(60, busy)[0]).toBe('pool | class | workers | slots | queued | waiting');
  });
});

it('says in `bw top` when what is shown is of the time before the connection was lost', () => {
  const fleet = emptyFleet();
  const first = () => fleetView(fleet, 0, createStyle(false), 80, 40)[0];
  expect(first()).toContain('benchwire');
  fleet.connected = false;
  expect(first()).toContain('the connection to NATS is lost');
});
