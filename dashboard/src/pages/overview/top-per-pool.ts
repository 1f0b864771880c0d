import type { MatrixCell } from '@benchwire/shared/contracts/api/measurements.ts';
import { directionOf } from '@benchwire/shared/contracts/direction.ts';

export interface PoolRanking {
  pool: string;
  /** Best first, one of each model and precision. */
  cells: MatrixCell[];
}

/** Each pool's best models: of a model's batch sizes the best one counts. */
export function topPerPool(cells: readonly MatrixCell[], most: number): PoolRanking[] {
  const pools = Map.groupBy(cells, ({ pool }) => pool);
  return [...pools].map(([pool, all]) => {
    const ranked = all.toSorted(byValue);
    const models = new Set<string>();
    const firsts = ranked.filter(({ model, precision }) => {
      const key = `${model} ${precision}`;
      return models.has(key) ? false : models.add(key);
    });
    return { pool, cells: firsts.slice(0, most) };
  });
}

function byValue(left: MatrixCell, right: MatrixCell): number {
  const sign = directionOf(left) === 'lower_is_better' ? 1 : -1;
  return sign * (left.value - right.value);
}
