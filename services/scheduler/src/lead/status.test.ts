import type { PoolDemand } from '@benchwire/shared/contracts/status.ts';
import { schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { describe, expect, it } from 'vitest';
import { Fleet } from '../fleet/fleet.ts';
import { SchedulerState } from '../state/scheduler-state.ts';
import { aDevice, aHeartbeat, aWorker, submitted, T0 } from '../testing.ts';
import { statusOf, statusText } from './status.ts';

function fleetWith(pools: number): Fleet {
  const fleet = new Fleet(T0);
  for (let n = 0; n < pools; n++) {
    const pool = `cpu-${n.toString(16).padStart(8, '0')}`;
    fleet.applyCapabilities(aWorker(`w${n}`, [aDevice({ pool })]), T0);
    fleet.applyHeartbeat(aHeartbeat(`w${n}`), T0);
  }
  return fleet;
}

describe("the scheduler's status", () => {
  it('is what the contract says, with as many pools as fit into a message', () => {
    const state = new SchedulerState();
    const requirements = { hardware: ['npu'], labels: { note: 'x'.repeat(200) } };
    state.applyRunMessage(submitted({ tasks: [{ task_id: 'a', executor: 'noop', requirements }] }), T0);
    const status = statusOf('s1', state, fleetWith(1000), T0);
    const read = (max_bytes: number) => {
      const text = statusText(status, max_bytes);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(max_bytes);
      return schedulerStatus.parse(JSON.parse(text));
    };
    expect(read(1024 ** 2)).toEqual(status);
    const some = read(64 * 1024);
    expect(some.pools.length).toBeGreaterThan(100);
    expect(some.pools).toEqual(status.pools.slice(0, some.pools.length) satisfies PoolDemand[]);
    expect(some).toMatchObject({ waiting: 1, unplaceable: 1 });
    expect(read(200)).toMatchObject({ pools: [], unserved: [], unplaceable: 1 });
  });
});
