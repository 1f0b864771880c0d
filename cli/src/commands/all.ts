import type { Command } from '../arguments/command.ts';
import { accept } from './accept.ts';
import { analytics } from './analytics.ts';
import { archive } from './archive.ts';
import { bench } from './bench.ts';
import { cancel } from './cancel.ts';
import { ci } from './ci.ts';
import { cluster } from './cluster.ts';
import { compare } from './compare.ts';
import { completionOf } from './completion.ts';
import { deleteRun } from './delete.ts';
import { explain } from './explain.ts';
import { findings } from './findings.ts';
import { gates } from './gates.ts';
import { importResults } from './import.ts';
import { key } from './key.ts';
import { logs } from './logs.ts';
import { matrix } from './matrix.ts';
import { mcp } from './mcp.ts';
import { metrics } from './metrics.ts';
import { models } from './models.ts';
import { note } from './note.ts';
import { notify } from './notify.ts';
import { open } from './open.ts';
import { plugins } from './plugins.ts';
import { rejected } from './rejected.ts';
import { repeat } from './repeat.ts';
import { report } from './report.ts';
import { repro } from './repro.ts';
import { reservations } from './reservations.ts';
import { reserve } from './reserve.ts';
import { results } from './results.ts';
import { retry } from './retry.ts';
import { run } from './run.ts';
import { runner } from './runner.ts';
import { runs } from './runs.ts';
import { series } from './series.ts';
import { settings } from './settings.ts';
import { show } from './show.ts';
import { sql } from './sql.ts';
import { tests } from './tests.ts';
import { top } from './top.ts';
import { validate } from './validate.ts';
import { verdict } from './verdict.ts';
import { watch } from './watch.ts';
import { why } from './why.ts';
import { worker } from './worker.ts';
import { workers } from './workers.ts';

/** Every command, in the order in which the help lists them. */
export const COMMANDS: readonly Command[] = [
  run,
  bench,
  ci,
  importResults,
  validate,
  runs,
  show,
  results,
  verdict,
  compare,
  analytics,
  accept,
  report,
  watch,
  logs,
  why,
  cancel,
  repeat,
  retry,
  archive,
  deleteRun,
  findings,
  explain,
  repro,
  series,
  tests,
  models,
  matrix,
  metrics,
  gates,
  settings,
  plugins,
  notify,
  note,
  open,
  mcp,
  key,
  workers,
  runner,
  worker,
  reserve,
  reservations,
  top,
  cluster,
  rejected,
  sql,
  completionOf(() => COMMANDS),
];
