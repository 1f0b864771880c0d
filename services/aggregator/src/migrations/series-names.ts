import { CATALOGUE } from '@benchwire/shared/catalogue/catalogue.ts';
import { expand } from '@benchwire/shared/contracts/expand.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import { seriesId, variantOf } from '@benchwire/shared/contracts/series.ts';
import type { SeriesFields } from '@benchwire/shared/contracts/series-key.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { Database } from '../adapters/database.ts';
import { SERIES_FIELDS } from '../tables/series-columns.ts';

type Stored = SeriesFields & { series_id: string; run_id: string; task_id: string };

const KEY = ['series_id', ...SERIES_FIELDS].join(', ');

/**
 * Histories of catalogue models that were cut by a setting whose value was the catalogue's own: they go on where nobody wrote
 * it. Which settings a series had is in the request of one of its runs; a series of which no request was kept stays.
 * Running it again finds nothing to do.
 */
export async function joinWrittenDefaults(database: Database, log: Log): Promise<void> {
  const found = await database.query<Stored>(
    `SELECT ${KEY}, toString(any(results.run_id)) AS run_id, argMax(results.task_id, results.run_id) AS task_id
     FROM results FINAL
     WHERE executor = 'onnx' AND variant != '' AND model IN ({models:Array(String)})
     GROUP BY ${KEY}`,
    { models: Object.keys(CATALOGUE) },
  );
  const requests = new Map<string, Promise<ReadonlyMap<string, string>>>();
  let moved = 0;
  for (const series of found) {
    const variants = requests.get(series.run_id) ?? variantsOfRun(database, series.run_id);
    requests.set(series.run_id, variants);
    const variant = (await variants).get(series.task_id);
    if (variant === undefined || variant === series.variant) continue;
    await moveSeries(database, series, { ...series, variant });
    moved++;
  }
  if (moved > 0) log.info({ series: moved }, 'joined histories that a default, written out, had cut in two');
}

/** By task id, as they are named now; without tasks that were fed from files, whose content only the worker knows. */
async function variantsOfRun(database: Database, run_id: string): Promise<ReadonlyMap<string, string>> {
  const [row] = await database.query<{ request: string }>(
    'SELECT request FROM requests FINAL WHERE run_id = {run_id:UUID}',
    { run_id },
  );
  const parsed = row === undefined || row.request === '' ? undefined : request.safeParse(JSON.parse(row.request));
  const expansion = parsed?.success === true ? expand(parsed.data) : undefined;
  if (expansion?.ok !== true) return new Map();
  const known = expansion.tasks.filter(
    (task) =>
      task.executor === 'onnx' &&
      !Object.values(task.config.inputs ?? {}).some((rule) => typeof rule === 'object' && 'file' in rule),
  );
  return new Map(known.map((task) => [task.task_id, variantOf(task)]));
}

/**
 * Histories of one model file under two names: an absolute path and the path from the model folder, which is its name since 0.4. They
 * are one where the name is the end of the path and a run of each was of the same file (its SHA-256) on the same worker.
 * Looked for at every start, since the first result under the name may come later. Running it again finds nothing to do.
 */
export async function joinModelPaths(database: Database, log: Log): Promise<void> {
  const pairs = await database.query<{ path: string; name: string }>(
    `SELECT DISTINCT old.model AS path, new.model AS name
     FROM (
       SELECT DISTINCT model, worker_id, JSONExtractString(environment, 'model_sha256') AS sha256
       FROM attempts FINAL WHERE executor = 'onnx' AND startsWith(model, '/') AND status = 'completed') AS old
     INNER JOIN (
       SELECT DISTINCT model, worker_id, JSONExtractString(environment, 'model_sha256') AS sha256
       FROM attempts FINAL
       WHERE executor = 'onnx' AND NOT startsWith(model, '/') AND match(model, '[/.]') AND status = 'completed') AS new
     USING (worker_id, sha256)
     WHERE sha256 != '' AND endsWith(old.model, concat('/', new.model))`,
  );
  let moved = 0;
  for (const { path, name } of pairs) {
    const found = await database.query<Stored>(
      `SELECT ${KEY}, '' AS run_id, '' AS task_id FROM results FINAL
       WHERE executor = 'onnx' AND model = {path:String} GROUP BY ${KEY}`,
      { path },
    );
    for (const series of found) {
      await moveSeries(database, series, { ...series, model: name });
      moved++;
    }
  }
  if (moved > 0) log.info({ series: moved }, 'joined histories of models whose path had been written in two ways');
}

/** What an outcome says of the settings that its series is named by. */
export type WrittenVariant = Pick<Outcome, 'benchmark' | 'model' | 'executor' | 'precision' | 'scenario'> &
  Pick<Outcome, 'variant' | 'variant_as_written' | 'fingerprint'>;

/**
 * Histories of the same settings, written in another way, become that of the outcome's name: `shapes` and `dimensions` that say the
 * same, which only a worker that has the model can tell. Running it again finds nothing to do.
 */
export async function joinWritten(database: Database, outcome: WrittenVariant): Promise<void> {
  const { variant, variant_as_written = variant } = outcome;
  if (variant_as_written === variant) return;
  const found = await database.query<Stored>(
    `SELECT ${KEY}, '' AS run_id, '' AS task_id FROM results FINAL
     WHERE benchmark = {benchmark:String} AND model = {model:String} AND executor = {executor:String}
       AND precision = {precision:String} AND scenario = {scenario:String} AND fingerprint = {fingerprint:String}
       AND variant = {written:String}
     GROUP BY ${KEY}`,
    {
      ...{ benchmark: outcome.benchmark, model: outcome.model ?? '', executor: outcome.executor },
      ...{ precision: outcome.precision ?? '', scenario: outcome.scenario ?? '' },
      ...{ fingerprint: outcome.fingerprint ?? '', written: variant_as_written },
    },
  );
  for (const series of found) await moveSeries(database, series, { ...series, variant });
}

/** Points and attempts of a series get another name; what was there under the old one goes. Both are of batch sizes, so of one unit. */
async function moveSeries(database: Database, from: Stored, to: Stored): Promise<void> {
  const id = seriesId(to);
  // A workload is part of some ids and in no column, so their new one cannot be made.
  if (id === from.series_id || seriesId(from) !== from.series_id) return;
  const named = `${text(to.model)} AS model, ${text(to.variant)} AS variant`;
  // In a query of their own the conditions are about what is stored, and not about the new names.
  const own = `series_id = ${text(from.series_id)}`;
  await database.command(
    `INSERT INTO results SELECT * REPLACE (${text(id)} AS series_id, ${named}) FROM (SELECT * FROM results FINAL WHERE ${own})`,
  );
  const same = (['benchmark', 'model', 'executor', 'precision', 'scenario', 'variant', 'fingerprint'] as const)
    .map((column) => `${column} = ${text(from[column])}`)
    .join(' AND ');
  await database.command(
    `INSERT INTO attempts SELECT * REPLACE (${named}) FROM (SELECT * FROM attempts FINAL WHERE ${same})`,
  );
  // The version stays: of two rows with one version the one that was written last counts.
  await database.command(
    `INSERT INTO results SELECT * REPLACE (1 AS is_deleted) FROM (SELECT * FROM results FINAL WHERE ${own})`,
  );
}

/** A text as SQL writes it. */
function text(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
