import type { WorkerNow } from '@benchwire/shared/contracts/api/fleet.ts';

type Known = Pick<WorkerNow, 'capabilities' | 'state'>;

/** What pools and fingerprints are called, by their ids. One that no known worker has is called by its id. */
export interface HardwareNames {
  pool: (id: string) => string;
  fingerprint: (id: string) => string;
}

/**
 * Hardware as what it is. A pool is its device and the values of its labels, `AMD EPYC 9R14 · 2 cores · lab-2`; a fingerprint, which pools
 * may share, its device. What would be called the same gets a part of its id. Pure.
 */
export function hardwareNames(workers: readonly Known[]): HardwareNames {
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
  return { pool: (id) => pools.get(id) ?? id, fingerprint: (id) => fingerprints.get(id) ?? id };
}

function tellApart(names: Map<string, string>, partOf: (id: string) => string): void {
  for (const alike of Map.groupBy([...names], ([, name]) => name).values())
    if (alike.length > 1) for (const [id, name] of alike) names.set(id, `${name} · ${partOf(id)}`);
}

const isThere = ({ state }: Known): boolean => state !== 'left' && state !== 'lost';
