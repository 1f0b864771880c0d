import type { TableOrder } from '../data-table.tsx';
import { oneOf, useUrlState } from '../url-state.ts';

export type Direction = 'ascending' | 'descending';

const DEFAULTS = { sort: '', order: '' };

/**
 * What a list is sorted by on the server, in the address: `sort`, and `order` where it is not the direction that the column begins with.
 * @param natural - what can be sorted by, the first one by default, with whether it begins with the greatest
 */
export function useOrder<Sort extends string>(
  natural: Readonly<Record<Sort, Direction>>,
): { sort: Sort; descending: boolean; order: TableOrder } {
  const [state, change] = useUrlState(DEFAULTS);
  const sorts = Object.keys(natural) as Sort[];
  const sort = oneOf(sorts, state.sort) ?? (sorts[0] as Sort);
  const descending = (state.order || natural[sort]) === 'descending';
  const onSort = (key: string, wanted: boolean): void => {
    const next = oneOf(sorts, key);
    if (next === undefined) return;
    const direction: Direction = wanted ? 'descending' : 'ascending';
    change({ sort: next === sorts[0] ? '' : next, order: direction === natural[next] ? '' : direction });
  };
  const startsDescending = (key: string): boolean => natural[key as Sort] === 'descending';
  return { sort, descending, order: { sorting: { key: sort, descending }, sortable: sorts, startsDescending, onSort } };
}
