import type { Offer, WorkerReach } from '../placement/match.ts';

/**
 * What pools offer, with which files their workers can have. The same object for as long as nothing of it has changed, so that
 * what was matched need not be matched again.
 */
export class PooledOffers {
  readonly #made = new Map<string, { device: Offer; key: string; offer: Offer }>();

  /** @param device - one of the pool's, which stands for all of them */
  of(device: Offer, workers: readonly WorkerReach[]): Offer {
    const distinct = new Map<string, WorkerReach>();
    for (const { hostname, fetches_files = false } of workers)
      distinct.set(`${fetches_files} ${hostname}`, { hostname, fetches_files });
    const key = [...distinct.keys()].sort().join('\n');
    const known = this.#made.get(device.pool);
    if (known !== undefined && known.device === device && known.key === key) return known.offer;
    const offer = { ...device, reach: [...distinct.values()] };
    this.#made.set(device.pool, { device, key, offer });
    return offer;
  }
}
