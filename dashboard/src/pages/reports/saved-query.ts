import type { ChartChoice, Kind } from './report-chart.ts';

/** A statement and how its answer is drawn. */
export interface SavedQuery extends ChartChoice {
  sql: string;
}

const KINDS: readonly Kind[] = ['none', 'line', 'bar', 'scatter'];

/** What somebody saved, by whatever version of the page. @throws Error for a value that holds no statement */
export function readSavedQuery(value: unknown): SavedQuery {
  const fields = new Map(Object.entries(value ?? {}));
  const text = (name: string): string => {
    const found: unknown = fields.get(name);
    return typeof found === 'string' ? found : '';
  };
  const sql = text('sql');
  if (sql === '') throw new Error('What was saved under this name holds no statement: save it again.');
  return {
    sql,
    kind: KINDS.find((kind) => kind === text('kind')) ?? 'none',
    x: text('x'),
    y: text('y'),
    by: text('by'),
  };
}
