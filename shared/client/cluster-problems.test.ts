import { expect, it } from 'vitest';
import type { ServiceHealth } from '../contracts/service.ts';
import { clusterProblems } from './cluster-problems.ts';

function health(service: string, role: string | null = null, checks: ServiceHealth['checks'] = {}): ServiceHealth {
  return { service, role, checks, instance_id: `${service}-1` } as ServiceHealth;
}
const others = [health('ingest'), health('worker', 'w-1'), health('aggregator')];
const problems = (services: ServiceHealth[], nats_version = '2.12.3'): string[] =>
  clusterProblems({ services, nats_version });

it('a whole cluster has none', () => {
  expect(problems([...others, health('scheduler', 'leader'), health('scheduler', 'standby')])).toEqual([]);
});

it('standbys alone are ready each, and the whole is not', () => {
  expect(problems([...others, health('scheduler', 'standby')])).toEqual([expect.stringMatching(/^no scheduler leads/)]);
});

it('a leader that does not lead is named, with why', () => {
  const stuck = health('scheduler', 'leader', { nats: null, leading: 'reading RUNS' });
  expect(problems([...others, stuck])).toEqual([
    expect.stringMatching(/holds the lease does not lead/),
    'scheduler leader: leading: reading RUNS',
  ]);
});

it('a service that does not answer at all is missed', () => {
  expect(problems([])).toHaveLength(4);
  const found = problems([health('ingest'), health('worker'), health('scheduler', 'leader')]);
  expect(found).toEqual([expect.stringMatching(/^no aggregator answers/)]);
});

it.each([
  ['2.9.10', true],
  ['2.9.25', true],
  ['2.10.0', false],
  ['2.15.1', false],
])('nats-server %s has a known fault: %s', (version, has) => {
  expect(problems([...others, health('scheduler', 'leader')], version)).toHaveLength(has ? 1 : 0);
});
