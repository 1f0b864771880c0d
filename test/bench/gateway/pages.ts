import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';

/** What there is to ask for. */
export interface Places {
  run_ids: readonly string[];
  series: readonly SeriesRow[];
}

interface Page {
  name: string;
  /** What the page asks when it is opened, of the place with that number. */
  questions(places: Places, number: number): Array<{ path: string; body?: unknown }>;
}

const at = <T>(list: readonly T[], number: number): T => {
  const found = list[number % list.length];
  if (found === undefined) throw new Error('the history is empty');
  return found;
};
const gets = (...paths: string[]): Array<{ path: string }> => paths.map((path) => ({ path }));

/** As the dashboard asks: dashboard/src/pages. */
export const PAGES: readonly Page[] = [
  {
    name: 'overview',
    questions: () =>
      gets(
        '/api/runs?state=open&limit=8',
        '/api/runs?limit=5',
        '/api/throughput?minutes=60',
        '/api/workers?limit=1000',
        '/api/findings?states=suspected&states=confirmed&states=acknowledged&limit=6',
        '/api/matrix?metric=throughput_items_per_second',
        '/api/saved/layouts',
      ),
  },
  { name: 'runs', questions: (_, number) => gets(`/api/runs?limit=50&search=${number % 100}`, '/api/runs?limit=50') },
  {
    name: 'run',
    questions: ({ run_ids }, number) => {
      const run = `/api/runs/${at(run_ids, number * 7)}`;
      return gets(
        run,
        `${run}/tasks?limit=1000`,
        `${run}/results?limit=2000`,
        `${run}/events`,
        `${run}/findings?limit=200`,
        `${run}/metrics?max_points=2000`,
      );
    },
  },
  {
    name: 'compare',
    questions: ({ run_ids }, number) => {
      const [a, b] = [at(run_ids, number * 8), at(run_ids, number * 8 + 8)];
      return gets(
        `/api/compare?run=${a}&run=${b}`,
        `/api/runs/${a}/distributions?task_id=task-${number % 10}&metric=latency_ms`,
        `/api/runs/${b}/distributions?task_id=task-${number % 10}&metric=latency_ms`,
      );
    },
  },
  {
    name: 'series',
    questions: (_, number) => gets(`/api/series?limit=1000&search=model-${number % 10}`, '/api/series?limit=1000'),
  },
  {
    name: 'one series',
    questions: ({ series }, number) => {
      const { series_id } = at(series, number * 13);
      const path = `/api/series/${series_id}`;
      return gets(
        path,
        `${path}/points?limit=1000`,
        `${path}/analysis?points=1000`,
        `${path}/annotations`,
        `/api/findings?series_id=${series_id}&limit=200`,
      );
    },
  },
  {
    name: 'findings',
    questions: () => gets('/api/findings?states=suspected&states=confirmed&limit=100', '/api/incidents?limit=100'),
  },
  { name: 'fleet', questions: () => gets('/api/workers?limit=1000', '/api/cluster', '/api/failures', '/api/recovery') },
  { name: 'events', questions: () => gets('/api/events?limit=100') },
  {
    name: 'reports',
    questions: (_, number) => [
      { path: '/api/saved/queries' },
      {
        path: '/api/sql',
        body: {
          sql: `SELECT batch_size, model, avg(value) AS value FROM results WHERE metric = 'latency_ms' AND measured_at > now() - INTERVAL ${1 + (number % 7)} DAY GROUP BY batch_size, model ORDER BY batch_size, model`,
        },
      },
    ],
  },
];
