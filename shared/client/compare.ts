import { compare } from '../compare/compare.ts';
import type { Comparison } from '../contracts/comparison.ts';
import { periodLabel, readPeriod } from '../contracts/period.ts';
import type { QueryParameters } from '../contracts/query.ts';
import type { SideRow } from '../contracts/rows.ts';
import type { Client } from './client.ts';

/** A comparison of more rows reads no better, and says so. */
const MAX_ROWS = 20_000;
const SERIES_AT_ONCE = 1000;

/** Asks what each side measured and how much its series move, and holds the sides against each other. */
export async function compareSides(
  client: Pick<Client, 'query'>,
  question: Omit<QueryParameters<'comparison'>, 'after_series_id' | 'limit'>,
): Promise<Comparison> {
  const rows: SideRow[] = [];
  let cut = false;
  for (let after_series_id = ''; ; ) {
    const page = await client.query('comparison', { ...question, after_series_id });
    rows.push(...page.rows);
    const last = page.rows.at(-1);
    if (!page.truncated || last === undefined) break;
    cut = rows.length >= MAX_ROWS;
    if (cut) break;
    after_series_id = last.series_id;
  }
  const ids = [...new Set(rows.map(({ series_id }) => series_id))];
  const history = new Map<string, readonly number[]>();
  for (let at = 0; at < ids.length; at += SERIES_AT_ONCE) {
    const series_ids = ids.slice(at, at + SERIES_AT_ONCE);
    for (const { series_id, values } of (await client.query('newest_values', { series_ids })).rows)
      history.set(series_id, values);
  }
  const { by, values } = question;
  const compared = compare({ by, values, labels: await labelsOf(client, question, rows), rows, history });
  if (cut) compared.notes.push(`Only the first ${rows.length} results were compared: ask for one metric or one model.`);
  return compared;
}

async function labelsOf(
  client: Pick<Client, 'query'>,
  { by, values }: Pick<QueryParameters<'comparison'>, 'by' | 'values'>,
  rows: readonly SideRow[],
): Promise<string[]> {
  if (by === 'series') {
    return values.map((value) => {
      const row = rows.find(({ side }) => side === value);
      if (row === undefined) return value;
      const { model, benchmark, batch_size, precision, pool } = row;
      return [model || benchmark, batch_size === null ? '' : `batch ${batch_size}`, precision, pool]
        .filter(Boolean)
        .join(', ');
    });
  }
  if (by === 'run') {
    const names = await Promise.all(
      values.map(async (run_id) => (await client.query('run', { run_id })).rows[0]?.name ?? ''),
    );
    return values.map((run_id, at) => {
      const name = names[at] ?? '';
      const is_its_own = name !== '' && names.filter((each) => each === name).length === 1;
      return is_its_own ? name : `${name} ${run_id.slice(0, 13)}`.trim();
    });
  }
  if (by === 'period') {
    const periods = values.map((value) => readPeriod(value, 0));
    return values.map((value, at) => (periods[at] === undefined ? value : periodLabel(periods[at])));
  }
  return values.map((value) => (by === 'batch_size' ? `batch ${value}` : by === 'commit' ? value.slice(0, 12) : value));
}
