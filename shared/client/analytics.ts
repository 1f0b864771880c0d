import { analyse } from '../compare/analyse.ts';
import type { Analytics } from '../contracts/analytics.ts';
import { DEFAULT_PERIOD_DAYS, PERIOD_HELP, type Period, periodValue, readPeriod } from '../contracts/period.ts';
import type { QueryParameters } from '../contracts/query.ts';
import type { Client } from './client.ts';
import { compareSides } from './compare.ts';
import { ClientError } from './errors.ts';

/** What is compared; texts of periods as period.ts reads them. */
export interface AnalyticsQuestion {
  /** As of models and hardware, an empty list is all. */
  metric?: string[] | undefined;
  model?: string[] | undefined;
  /** Pools or hardware classes. */
  hardware?: string[] | undefined;
  benchmark?: string | undefined;
  precision?: string | undefined;
  branch?: string | undefined;
  /** The last 30 days when left out. */
  period?: string | undefined;
  /** As long before the period when left out. A number of days ends where the period begins. */
  baseline?: string | undefined;
  /** A pool. */
  normalise_to?: string | undefined;
}

/** Newest runs of one series on one side: the median of a month needs no more. */
const RUNS_PER_SERIES = 100;

/**
 * A period compared with its baseline.
 * @throws ClientError QUERY_INVALID that names what was wrong, and what it takes
 */
export async function analyticsOf(
  client: Pick<Client, 'query'>,
  { period, baseline, normalise_to, ...filters }: AnalyticsQuestion,
  now_ms: number,
): Promise<Analytics> {
  const sides = periodsOf({ period, baseline }, now_ms);
  const hardware =
    filters.hardware?.length && normalise_to !== undefined
      ? [...new Set([...filters.hardware, normalise_to])]
      : filters.hardware;
  const question: QueryParameters<'comparison'> = {
    ...{ by: 'period', values: sides, runs_per_series: RUNS_PER_SERIES },
    ...Object.fromEntries(Object.entries({ ...filters, hardware }).filter(([, value]) => value?.length)),
  };
  return analyse(await compareSides(client, question), normalise_to ?? null);
}

function periodsOf(asked: Pick<AnalyticsQuestion, 'period' | 'baseline'>, now_ms: number): [string, string] {
  const period = read('period', asked.period ?? `${DEFAULT_PERIOD_DAYS}d`, now_ms);
  const [since_ms, until_ms] =
    period.kind === 'time' ? [Date.parse(period.since), Date.parse(period.until)] : [now_ms, now_ms];
  if (asked.baseline === undefined && period.kind !== 'time')
    throw wrong('baseline', `a release as the period needs a baseline: use ${PERIOD_HELP}`);
  const before: Period = {
    ...{ kind: 'time', until: new Date(since_ms).toISOString() },
    since: new Date(Math.max(0, 2 * since_ms - until_ms)).toISOString(),
  };
  const baseline = asked.baseline === undefined ? before : read('baseline', asked.baseline, since_ms);
  const values: [string, string] = [periodValue(baseline), periodValue(period)];
  if (values[0] === values[1]) throw wrong('baseline', 'the baseline must differ from the period');
  return values;
}

function read(name: 'period' | 'baseline', text: string, end_ms: number): Period {
  const period = readPeriod(text, end_ms);
  if (period === undefined) throw wrong(name, `"${text}" is not a period: use ${PERIOD_HELP}`);
  return period;
}

function wrong(path: 'period' | 'baseline', message: string): ClientError {
  return new ClientError('QUERY_INVALID', `the ${path} is not valid`, { issues: [{ path, code: 'period', message }] });
}
