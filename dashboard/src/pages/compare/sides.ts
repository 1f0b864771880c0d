import type { Api } from '@benchwire/shared/contracts/api/api.ts';
import type { QueryOf } from '@benchwire/shared/contracts/api/signature.ts';
import { COMPARED_BY } from '@benchwire/shared/contracts/compared-by.ts';
import type { ComparedBy } from '@benchwire/shared/contracts/comparison.ts';

export interface Sides {
  by: ComparedBy;
  values: string[];
}

/** Narrow what is compared; whatever isn't compared itself can be one. */
export type Filters = Partial<Record<ComparedBy | 'benchmark' | 'precision', string>>;

/** What the page's address compares: the thing that is given more than once, or else that is given at all. */
export function readSides(parameters: URLSearchParams): { sides: Sides; filters: Filters } {
  const given = (by: ComparedBy): string[] => [...new Set(parameters.getAll(by).filter((value) => value !== ''))];
  const chosen = parameters.get('by');
  const by =
    COMPARED_BY.find((each) => given(each).length > 1) ??
    COMPARED_BY.find((each) => each === chosen) ??
    COMPARED_BY.find((each) => given(each).length > 0) ??
    'run';
  const filters: Filters = {};
  for (const name of [...COMPARED_BY, 'benchmark', 'precision'] as const) {
    const value = name === by ? null : parameters.get(name);
    if (value !== null && value !== '') filters[name] = value;
  }
  return { sides: { by, values: given(by) }, filters };
}

/** What the API is asked: the sides, and once what narrows them. */
export function compareQuery({ by, values }: Sides, filters: Filters): QueryOf<Api['GET /api/compare']> {
  const of = (name: ComparedBy): string[] => (name === by ? values : [filters[name] ?? ''].filter(Boolean));
  const { benchmark, precision } = filters;
  return {
    run: of('run'),
    commit: of('commit'),
    model: of('model'),
    hardware: of('hardware'),
    batch_size: of('batch_size'),
    series: of('series'),
    period: of('period'),
    benchmark,
    precision,
  };
}

/** The address with other sides; what was chosen to look at stays. */
export function withSides(parameters: URLSearchParams, { by, values }: Sides): URLSearchParams {
  const after = new URLSearchParams(parameters);
  for (const each of [...COMPARED_BY, 'by', 'row'])
    if (each === by || after.getAll(each).length > 1) after.delete(each);
  after.delete('by');
  after.delete('row');
  if (values.length < 2) after.set('by', by);
  for (const value of values) after.append(by, value);
  return after;
}
