import type { ServiceHealth } from '../contracts/service.ts';
import { natsFaults } from '../runtime/nats-faults.ts';

/** Services that every stack needs, with what stops without one. */
const NEEDED: ReadonlyArray<readonly [service: string, without: string]> = [
  ['ingest', 'no run is accepted'],
  ['scheduler', 'no task is given to a worker'],
  ['worker', 'no task is run'],
  ['aggregator', 'no result is stored, and no question about results is answered'],
];

/** What is wrong with a cluster as a whole, and with each service that is not ready: one sentence each, for a person. */
export function clusterProblems({
  services,
  nats_version,
}: {
  services: readonly ServiceHealth[];
  nats_version: string;
}): string[] {
  const missing = NEEDED.filter(([name]) => !services.some(({ service }) => service === name)).map(
    ([name, without]) => `no ${name} answers: ${without} until one does`,
  );
  const not_ready = services.flatMap((each) =>
    Object.entries(each.checks).flatMap(([name, wrong]) =>
      wrong === null ? [] : [`${each.service} ${each.role ?? each.instance_id}: ${name}: ${wrong}`],
    ),
  );
  return [...missing, ...leaderProblem(services), ...not_ready, ...natsFaults(nats_version)];
}

/** A standby is ready as what it is; that nobody leads is to be seen only from all of them together. */
function leaderProblem(services: readonly ServiceHealth[]): string[] {
  const schedulers = services.filter(({ service }) => service === 'scheduler');
  if (schedulers.length === 0) return [];
  const leaders = schedulers.filter(({ role }) => role === 'leader');
  if (leaders.length === 0) return ['no scheduler leads: no task is given to a worker until one does'];
  if (leaders.every(({ checks }) => typeof checks.leading === 'string'))
    return ['the scheduler that holds the lease does not lead: no task is given to a worker until it does'];
  return [];
}
