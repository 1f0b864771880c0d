import { PRIORITIES } from '@benchwire/shared/catalogue/stages.ts';
import { type LeftOut, planBenchmark } from '@benchwire/shared/client/plan-benchmark.ts';
import { runReport } from '@benchwire/shared/client/run-report.ts';
import { benchmarkRun } from '@benchwire/shared/contracts/benchmark.ts';
import { BENCHMARK_TYPES } from '@benchwire/shared/contracts/benchmark-names.ts';
import { renderReport } from '@benchwire/shared/report/render-report.ts';
import { defineCommand } from '../arguments/command.ts';
import { sinceTime } from '../arguments/since.ts';
import { VERDICT_OPTIONS } from '../arguments/verdict-options.ts';
import { withStack } from '../connection/connect.ts';
import { shortRunId } from '../connection/find-run.ts';
import type { CliContext } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { checkRequest } from '../request/check-request.ts';
import { benchRun, writtenOf } from '../request/model-request.ts';
import { applyOverrides } from '../request/overrides.ts';
import { readFiles } from '../request/read-files.ts';
import { sendFiles } from '../request/send-files.ts';
import { submitWritten } from '../request/submit-written.ts';
import { count } from '../terminal/numbers.ts';
import { oneLine } from '../terminal/text-width.ts';
import { followSubmitted, type Started, sayDetached } from './follow-submitted.ts';
import { writeReport } from './report.ts';

/** Reasons of cells that are listed one by one; the rest is counted. */
const MAX_LISTED = 10;

export const bench = defineCommand({
  name: 'bench',
  summary: 'measure many models: those of a priority, or named ones, on several kinds of hardware, with a report',
  positionals: [],
  options: {
    model: { kind: 'list', value: 'MODEL', help: 'this model; several: again, or with commas' },
    priority: {
      ...{ kind: 'text', value: PRIORITIES.join('|') },
      help: 'without --model: all models of this priority; with it: how urgent the run is, also 0 to 100',
    },
    hardware: { kind: 'text', value: 'CLASSES', help: 'a task for each, such as cpu,cuda (any one machine)' },
    type: { kind: 'choice', choices: BENCHMARK_TYPES, help: 'also how long a model takes to start; several at once' },
    concurrency: { kind: 'text', value: 'COUNTS', help: 'with --type throughput: instances at once (2,4)' },
    mix: { kind: 'flag', help: 'with --type throughput: all model types at once as well' },
    'batch-sizes': { kind: 'text', value: 'SIZES', help: 'such as 1,8, or auto: those worth measuring (1)' },
    precision: { kind: 'text', value: 'NAME', help: 'of model types: fp32, fp16 or bf16 (fp32)' },
    size: { kind: 'choice', choices: benchmarkRun.shape.size.unwrap().options, help: 'of model types (base)' },
    progressive: { kind: 'flag', help: 'small models first, and of each the smallest batch size first' },
    incremental: { kind: 'flag', help: 'only what was not measured on this hardware with these packages' },
    'max-age': { kind: 'text', value: 'TIME', help: 'with --incremental: what is older is measured again, such as 7d' },
    wait: { kind: 'flag', help: 'start also what no worker can take yet: it waits for one' },
    report: { kind: 'flag', help: 'write a report of the run as one HTML file when it has ended' },
    output: { kind: 'text', value: 'FILE', help: 'with --report: where to write it (benchwire-report-RUN.html)' },
    detach: { kind: 'flag', short: 'd', help: 'only submit; print the run id' },
    name: { kind: 'text', value: 'NAME', help: "the run's name" },
    tag: { kind: 'list', value: 'KEY=VALUE', help: 'a tag; may be given several times' },
    'fail-on': VERDICT_OPTIONS['fail-on'],
    format: VERDICT_OPTIONS.format,
  },
  details: `
Model types go to the executor torch, ONNX files to onnx. What no worker can take is left out, with the reason; where nothing is left, nothing
starts. Exit codes are those of \`bw run\`.

--type inference adds the time to import, make and initialize each model; --type throughput what several instances do at once.

  bw bench --model bert --model whisper --hardware cpu
  bw bench --model bert,vit --size tiny --type throughput --concurrency 2,4 --mix
  bw bench --priority high --size tiny --batch-sizes 1,8 --progressive --incremental --max-age 7d --report`,
  async run(context, values) {
    if (values.output !== undefined && !values.report) throw new UsageError('--output goes with --report.');
    if (values.detach && values.report)
      throw new UsageError('--report waits for the end of the run: leave out --detach, or use `bw report RUN` later.');
    const max_age = values['max-age'];
    const run = benchRun({
      ...values,
      'max-age': max_age === undefined ? undefined : ageSeconds(max_age, context.now()),
    });
    return await withStack(context, async (client) => {
      const plan = await planBenchmark(client, run, new Date(context.now()));
      sayLeftOut(context, plan.no_worker, run.wait_for_workers ? 'waits for a worker' : 'left out');
      if (plan.fresh.length > 0) context.err.line(`${count(plan.fresh.length, 'model')} measured already: left out`);
      if (plan.request === null) return nothingLeft(context, plan.no_worker);
      const written = writtenOf(plan.request);
      const checked = checkRequest(written);
      const of_no_commit = { request_id: undefined, commit: undefined, branch: undefined, repo: undefined };
      const overrides = { ...of_no_commit, name: values.name, tags: values.tag };
      const request = applyOverrides(checked.request, overrides, undefined);
      const files = await readFiles(written, checked.tasks, [], context.working_directory);
      const sent = await sendFiles(context, client, files);
      const submitted = await submitWritten(client, written, { ...request, files: [...(sent ?? [])] });
      if (values.detach) return sayDetached(context, submitted);
      const started: Started = { client, submitted, tasks: checked.tasks, name: request.name };
      const code = await followSubmitted(context, started, values);
      if (values.report && code !== EXIT.interrupted) {
        const data = await runReport(client, submitted.run_id, new Date(context.now()));
        const file = values.output ?? `benchwire-report-${shortRunId(submitted.run_id)}.html`;
        if (data !== undefined) await writeReport(context, renderReport(data), file, undefined);
      }
      return code;
    });
  },
});

/** @throws UsageError */
function ageSeconds(text: string, now_ms: number): number {
  if (!/^\d+\s*(s|min|h|d|w)$/.test(text.trim()))
    throw new UsageError(`--max-age takes an age such as 90min, 12h or 7d, not "${oneLine(text)}".`);
  return Math.max(1, (now_ms - Date.parse(sinceTime(text, now_ms))) / 1000);
}

/** One line for each reason, with the models that it is about. */
function sayLeftOut({ err, errStyle }: CliContext, cells: readonly LeftOut[], what: string): void {
  const by_reason = [...Map.groupBy(cells, ({ reason }) => reason)];
  for (const [reason, of_reason] of by_reason.slice(0, MAX_LISTED)) {
    const named = of_reason.slice(0, 5).map(({ model }) => oneLine(model));
    const more = of_reason.length > named.length ? ` and ${of_reason.length - named.length} more` : '';
    err.line(errStyle.yellow(`${named.join(', ')}${more}: ${what}: ${reason}`));
  }
  if (by_reason.length > MAX_LISTED) err.line(errStyle.yellow(`and ${by_reason.length - MAX_LISTED} other reasons`));
}

/** @throws UsageError where it is for want of a worker */
function nothingLeft({ out, err, json }: CliContext, no_worker: readonly LeftOut[]): number {
  if (no_worker.length > 0)
    throw new UsageError('nothing can be measured now: no worker takes any of it. --wait starts it all the same.');
  if (json) out.line(JSON.stringify({ run_id: null, task_count: 0 }));
  err.line('nothing to do: everything was measured already.');
  return EXIT.ok;
}
