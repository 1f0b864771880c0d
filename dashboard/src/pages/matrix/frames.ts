/** The history of one series: the same place in each list is one run, oldest first. */
export interface SeriesHistory {
  series_id: string;
  run_ids: readonly string[];
  measured_at: readonly string[];
  values: readonly number[];
}

/** What the matrix was after one run. */
export interface Frame {
  run_id: string;
  at: string;
  /** The newest value of each series so far, by its id. */
  values: ReadonlyMap<string, number>;
  /** Series that this run measured. */
  measured: ReadonlySet<string>;
}

/** The matrix run by run, the oldest first. Pure. */
export function framesOf(histories: readonly SeriesHistory[]): Frame[] {
  const points = histories.flatMap(({ series_id, run_ids, measured_at, values }) =>
    values.map((value, at) => ({ series_id, value, run_id: run_ids[at] ?? '', at: measured_at[at] ?? '' })),
  );
  const runs = [...Map.groupBy(points, ({ run_id }) => run_id)].map(([run_id, of_run]) => ({
    run_id,
    of_run,
    at:
      of_run
        .map(({ at }) => at)
        .sort()
        .at(-1) ?? '',
  }));
  const values = new Map<string, number>();
  return runs
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map(({ run_id, at, of_run }) => {
      for (const { series_id, value } of of_run) values.set(series_id, value);
      return { run_id, at, values: new Map(values), measured: new Set(of_run.map(({ series_id }) => series_id)) };
    });
}
