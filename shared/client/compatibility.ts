import { type CompatibilityAnswer, type CompatibilityFilter, compatibilityOf } from '../catalogue/compatibility.ts';
import { listModels } from '../catalogue/models.ts';
import { HARDWARE_CLASSES } from '../contracts/hardware-classes.ts';
import type { Client } from './client.ts';

/**
 * The compatibility matrix: what tasks and the newest coverage run showed, and what the repository has recorded. Hardware that a
 * worker has offered, or a filter names, has a place for every model.
 */
export async function compatibilityNow(
  client: Pick<Client, 'query'>,
  filter: CompatibilityFilter,
): Promise<CompatibilityAnswer & { truncated: boolean }> {
  const [outcomes, coverage, workers] = await Promise.all([
    client.query('compatibility', {}),
    client.query('coverage', {}),
    client.query('workers', {}),
  ]);
  const seen = new Set<string | undefined>(['cpu', ...(filter.hardware ?? [])]);
  for (const { pools } of workers.rows) for (const pool of pools) seen.add(pool.split('-')[0]);
  const facts = {
    ...{ models: listModels(), rows: outcomes.rows, coverage: coverage.rows },
    hardware: HARDWARE_CLASSES.filter((each) => seen.has(each)),
  };
  return { ...compatibilityOf(facts, filter), truncated: outcomes.truncated || coverage.truncated };
}
