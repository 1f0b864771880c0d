import type { WorkerNow } from '../contracts/api/fleet.ts';
import type { GivenName } from '../contracts/given-name.ts';

type Known = Pick<WorkerNow, 'capabilities' | 'state'>;

type Given = Pick<GivenName, 'kind' | 'id' | 'name' | 'note'>;

/** What pools, fingerprints and workers are called, by their ids. One that is not known is called by its id. */
export interface HardwareNames {
  worker: (id: string) => string;
  /** What somebody noted of it; empty without. */
  noteOf: (kind: Given['kind'], id: string) => string;
  pool: (id: string) => string;
  fingerprint: (id: string) => string;
}

/**
 * Hardware as what it is. A pool is its device and the values of its labels, `AMD EPYC 9R14 · 2 cores · lab-2`; a fingerprint, which pools
 * may share, its device. What would be called the same gets a part of its id. A name that somebody gave wins. Pure.
 */
export function hardwareNames(workers: readonly Known[], given: readonly Given[] = []): HardwareNames {
  const [pools, fingerprints] = [new Map<string, string>(), new Map<string, string>()];
  // Those that are there last, so that they win over what a worker that left had said.
  const in_order = workers.toSorted((a, b) => Number(isThere(a)) - Number(isThere(b)));
  for (const { capabilities } of in_order) {
    for (const { pool, fingerprint, name, labels } of capabilities?.devices ?? []) {
      const device = name.split(', ');
      const values = Object.keys(labels)
        .sort()
        .map((label) => labels[label] ?? '');
      pools.set(pool, [...device, ...values].filter((part) => part !== '').join(' · '));
      fingerprints.set(fingerprint, device.join(' · '));
    }
  }
  tellApart(pools, (id) => id.split('-').at(-1)?.slice(0, 4) ?? id);
  tellApart(fingerprints, (id) => id.slice(0, 4));
  const said = new Map(given.map((each) => [`${each.kind} ${each.id}`, each]));
  const nameOf = (kind: Given['kind'], id: string): string | undefined => said.get(`${kind} ${id}`)?.name || undefined;
  return {
    pool: (id) => nameOf('pool', id) ?? pools.get(id) ?? id,
    fingerprint: (id) => fingerprints.get(id) ?? id,
    worker: (id) => nameOf('worker', id) ?? id,
    noteOf: (kind, id) => said.get(`${kind} ${id}`)?.note ?? '',
  };
}

function tellApart(names: Map<string, string>, partOf: (id: string) => string): void {
  for (const alike of Map.groupBy([...names], ([, name]) => name).values())
    if (alike.length > 1) for (const [id, name] of alike) names.set(id, `${name} · ${partOf(id)}`);
}

const isThere = ({ state }: Known): boolean => state !== 'left' && state !== 'lost';
