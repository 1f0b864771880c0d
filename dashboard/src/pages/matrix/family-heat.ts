import { geometricMean } from '@benchwire/shared/stats/geometric-mean.ts';
import { familyOf, type Matrix } from './matrix.ts';

export interface FamilyHeat {
  families: string[];
  /** Fingerprints. */
  hardware: string[];
  cells: FamilyCell[];
}

interface FamilyCell {
  family: string;
  hardware: string;
  /** Geometric mean over the family's models: how many times the best hardware of each model; 1 is the best. */
  times_best: number;
  models: number;
}

/**
 * How hardware does by family of models. Each value is taken over the best of its line, so that models of any size count alike.
 * Null for a metric of which no way is better. Pure.
 */
export function familyHeatOf({ lines, direction, hardware }: Matrix): FamilyHeat | null {
  if (direction !== 'lower_is_better' && direction !== 'higher_is_better') return null;
  const ratios = lines.flatMap(({ model, shown }) => {
    const values = [...shown].flatMap(([id, { cell }]) => (cell.value > 0 ? [{ id, value: cell.value }] : []));
    const all = values.map(({ value }) => value);
    const best = direction === 'lower_is_better' ? Math.min(...all) : Math.max(...all);
    return values.map(({ id, value }) => ({
      family: familyOf(model) || 'without a model',
      hardware: id,
      ratio: direction === 'lower_is_better' ? value / best : best / value,
    }));
  });
  const cells = [...Map.groupBy(ratios, (each) => JSON.stringify([each.family, each.hardware])).values()].flatMap(
    (alike): FamilyCell[] => {
      const times_best = geometricMean(alike.map(({ ratio }) => ratio));
      const [first] = alike;
      return first === undefined || times_best === null
        ? []
        : [{ family: first.family, hardware: first.hardware, times_best, models: alike.length }];
    },
  );
  return { families: [...new Set(cells.map(({ family }) => family))].sort(), hardware, cells };
}
