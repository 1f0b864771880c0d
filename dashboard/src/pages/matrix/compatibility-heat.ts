import type { CompatibilityCell } from '@benchwire/shared/contracts/api/models.ts';

/** How much of a family works in one place: of the cells that were tried. */
interface HeatCell {
  family: string;
  place: string;
  works: number;
  tried: number;
}

export interface CompatibilityHeat {
  families: string[];
  /** Hardware, executor and precision. */
  places: string[];
  cells: HeatCell[];
  /** Families that are left out, since more than `most` were tried. */
  hidden: number;
}

const placeOf = ({ hardware, executor, precision }: CompatibilityCell): string =>
  [hardware, executor, precision].filter(Boolean).join(', ');

/** Families by place, those with the most tried cells first, at most `most` of them. Untested cells count for nothing. Pure. */
export function compatibilityHeat(cells: readonly CompatibilityCell[], most: number): CompatibilityHeat {
  const tried = cells.filter(({ state }) => state !== 'untested');
  const by_family = [...Map.groupBy(tried, ({ family, model }) => family || model)].sort(
    ([a, of_a], [b, of_b]) => of_b.length - of_a.length || (a < b ? -1 : 1),
  );
  const shown = by_family.slice(0, most);
  return {
    families: shown.map(([family]) => family),
    places: [...new Set(tried.map(placeOf))].sort(),
    cells: shown.flatMap(([family, of_family]) =>
      [...Map.groupBy(of_family, placeOf)].map(([place, here]) => ({
        ...{ family, place, tried: here.length },
        works: here.filter(({ state }) => state === 'works').length,
      })),
    ),
    hidden: by_family.length - shown.length,
  };
}
