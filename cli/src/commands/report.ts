import { writeFileSync } from 'node:fs';
import type { Client } from '@benchwire/shared/client/client.ts';
import { runReport } from '@benchwire/shared/client/run-report.ts';
import type { FaultTolerance } from '@benchwire/shared/contracts/fault-tolerance.ts';
import { renderFaultTolerance } from '@benchwire/shared/report/render-fault-tolerance.ts';
import { renderReport } from '@benchwire/shared/report/render-report.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { defineCommand } from '../arguments/command.ts';
import { sinceTime } from '../arguments/since.ts';
import { withStack } from '../connection/connect.ts';
import { findRun, shortRunId } from '../connection/find-run.ts';
import type { CliContext } from '../context.ts';
import { EXIT, NotFoundError, UsageError } from '../errors.ts';

export const report = defineCommand({
  name: 'report',
  summary: 'a run, or all failures and recoveries, as one self-contained HTML file',
  positionals: ['[RUN]'],
  options: {
    'fault-tolerance': {
      kind: 'flag',
      help: 'failures by class and pool over time, recovery strategies compared, quarantines; with --json as data',
    },
    since: { kind: 'text', value: 'TIME', help: 'with --fault-tolerance: a date, or how long ago (30d)' },
    output: { kind: 'text', value: 'FILE', help: 'where to write it (benchwire-report-RUN.html), or - for stdout' },
  },
  async run(context, { 'fault-tolerance': of_faults, since, output }, [run]) {
    if (of_faults) {
      if (run !== undefined) throw new UsageError('--fault-tolerance is about all runs: leave out RUN.');
      return await reportFaults(context, sinceTime(since ?? '30d', context.now()), output);
    }
    if (since !== undefined) throw new UsageError('--since needs --fault-tolerance: a report of a run has all of it.');
    const found = await withStack(context, async (client) => {
      const run_id = await findRun(client, run ?? 'last');
      const data = await runReport(client, run_id, new Date());
      if (data === undefined)
        throw new NotFoundError(`there is no run ${run_id} (or it was submitted this moment and isn't stored yet).`);
      return data;
    });
    const file = output ?? `benchwire-report-${shortRunId(found.run.run_id)}.html`;
    return write(context, renderReport(found), file);
  },
});

async function reportFaults(context: CliContext, since: string, output: string | undefined): Promise<number> {
  const found = await withStack(context, (client) => faultsSince(client, since, context.now()));
  if (context.json) {
    context.out.line(JSON.stringify(found));
    return EXIT.ok;
  }
  const made_at = new Date(context.now());
  return write(context, renderFaultTolerance(found, made_at), output ?? 'benchwire-fault-tolerance.html');
}

async function faultsSince(client: Client, since: string, now_ms: number): Promise<FaultTolerance> {
  const until = new Date(now_ms).toISOString();
  if (since >= until) throw new UsageError(`--since must be a time in the past, not ${since}.`);
  const [row] = (await client.query('fault_tolerance', { since, until })).rows;
  if (row === undefined) throw new Error('the query "fault_tolerance" always has one row');
  return row;
}

function write(context: CliContext, page: string, file: string): number {
  if (file === '-') {
    context.out.line(page);
    return EXIT.ok;
  }
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new UsageError(`the report can't be written: ${messageOf(error)}. --output takes another place.`);
  }
  context.err.line(`written to ${file}`);
  return EXIT.ok;
}
