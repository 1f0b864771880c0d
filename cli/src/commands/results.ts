import { resultRow } from '@benchwire/shared/contracts/rows.ts';
import { toCsv } from '@benchwire/shared/format/csv.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findRun, shortRunId } from '../connection/find-run.ts';
import { hardwareNamesOf } from '../connection/hardware-names.ts';
import { pageFor, take } from '../connection/take.ts';
import type { CliContext } from '../context.ts';
import { EXIT, NotFoundError } from '../errors.ts';
import { measuredOfRows } from '../results/measured.ts';
import { resultsTables } from '../results/results-table.ts';
import { count } from '../terminal/numbers.ts';

export const results = defineCommand({
  name: 'results',
  summary: 'results of a run',
  positionals: ['RUN'],
  options: {
    format: {
      kind: 'choice',
      choices: ['table', 'json', 'csv'],
      help: 'table (the default), or every value with all its fields',
    },
    limit: { kind: 'count', value: 'N', help: 'how many values (1000000); with --json, tasks' },
  },
  details: `
--json prints the run with the whole result document of each task, as \`bw run --json\` does: what was measured, timings,
hardware metrics, providers, environment, logs. --format json and --format csv print the plain values, one a series.`,
  async run(context, values, [text = 'last']) {
    const { format, limit = 1_000_000 } = values;
    if (context.json && format === undefined) return await printDocuments(context, text, limit);
    const { run_id, answer, run, names } = await withStack(context, async (client) => {
      const id = await findRun(client, text);
      const [found, rows, names] = await Promise.all([
        client.query('run', { run_id: id }),
        take(client.rows('results', { run_id: id, limit: pageFor(limit) }), limit),
        hardwareNamesOf(client),
      ]);
      return { run_id: id, answer: rows, run: found.rows[0], names };
    });
    if (run === undefined && answer.rows.length === 0)
      throw new NotFoundError(`there is no run ${run_id} (or it was submitted this moment and isn't stored yet).`);

    const { out, err, style } = context;
    if (format === 'json') out.line(JSON.stringify(answer.rows));
    else if (format === 'csv') out.lines(toCsv(Object.keys(resultRow.shape), answer.rows));
    else if (answer.rows.length > 0) {
      const rows = answer.rows.map((row) => ({ ...row, pool: names.pool(row.pool) }));
      out.lines(resultsTables(measuredOfRows(rows), style, out.columns));
    }
    // Notes go to stderr, so that what is piped on stays clean.
    if (answer.rows.length === 0)
      err.line(`no results: \`bw show ${shortRunId(run_id)}\` shows what happened to the tasks.`);
    if (answer.more) err.line(`there are more than ${count(limit, 'value')}: use --limit to get more.`);
    if (run !== undefined && run.state !== 'finished')
      err.line(`the run continues: ${run.completed} of ${count(run.total, 'task')} completed so far.`);
    return EXIT.ok;
  },
});

/** The run and its tasks' outcomes, in the form of `bw run --json`. */
async function printDocuments(context: CliContext, text: string, limit: number): Promise<number> {
  return await withStack(context, async (client) => {
    const run_id = await findRun(client, text);
    const [run] = (await client.query('run', { run_id })).rows;
    if (run === undefined)
      throw new NotFoundError(`there is no run ${run_id} (or it was submitted this moment and isn't stored yet).`);
    const { name, state, accepted_at, finished_at, total, completed, failed, timed_out, cancelled, lost } = run;
    const tasks = await take(client.rows('outcomes', { run_id, limit: DOCUMENTS_A_PAGE }), limit);
    const counts = { total, completed, failed, timed_out, cancelled, lost };
    context.out.line(
      JSON.stringify({ run_id, name: name || null, state, accepted_at, finished_at, counts, tasks: tasks.rows }),
    );
    if (tasks.more) context.err.line(`there are more than ${count(limit, 'task')}: use --limit to get more.`);
    return EXIT.ok;
  });
}

/** Each may have 64 KiB of logs. */
const DOCUMENTS_A_PAGE = 100;
