import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { MAX_OVERLAYS } from '../series/overlay.ts';
import type { PanelKind } from './layout.ts';

/** More pictures than these on one page are no overview. */
const MAX_OF_RULE = 24;

type Row = Pick<SeriesRow, 'series_id' | 'benchmark' | 'model' | 'metric' | 'points'>;

export interface MatchingPanel<T extends Row> {
  key: string;
  title: string;
  /** The series that is drawn, and those that are drawn over it. */
  first: T;
  others: T[];
}

/**
 * The panels of a rule, by name, so that a new one does not move the others around: one for each series, or one for each benchmark
 * with its series that have the most points. Pure.
 * @param rows - series that match, the newest first
 */
export function matchingPanels<T extends Row>(
  kind: PanelKind,
  rows: readonly T[],
): { panels: MatchingPanel<T>[]; left_out: number } {
  const groups = Map.groupBy(rows, (row) => (kind === 'each_series' ? row.series_id : row.benchmark));
  const panels = [...groups].flatMap(([key, of_group]): MatchingPanel<T>[] => {
    const [first, ...others] = of_group.toSorted((a, b) => b.points - a.points);
    if (first === undefined) return [];
    const title = kind === 'each_series' ? modelName(first.model) || first.benchmark : first.benchmark;
    return [{ key, title: `${title} ${first.metric}`, first, others: others.slice(0, MAX_OVERLAYS) }];
  });
  const shown = panels.slice(0, MAX_OF_RULE);
  return {
    panels: shown.sort((a, b) => a.title.localeCompare(b.title) || a.key.localeCompare(b.key)),
    left_out: panels.length - shown.length,
  };
}
