import { writeFileSync } from 'node:fs';
import type { Client } from '@benchwire/shared/client/client.ts';
import { digestSince } from '@benchwire/shared/client/digest.ts';
import { runReport } from '@benchwire/shared/client/run-report.ts';
import type { FaultTolerance } from '@benchwire/shared/contracts/fault-tolerance.ts';
import { callPlugin } from '@benchwire/shared/plugins/plugin-host.ts';
import { printPdf } from '@benchwire/shared/report/print-pdf.ts';
import { digestAsHtml, digestAsMarkdown } from '@benchwire/shared/report/render-digest.ts';
import { renderFaultTolerance } from '@benchwire/shared/report/render-fault-tolerance.ts';
import { renderReport } from '@benchwire/shared/report/render-report.ts';
import type { RunReport } from '@benchwire/shared/report/run-report.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { defineCommand } from '../arguments/command.ts';
import { sinceTime } from '../arguments/since.ts';
import { withStack } from '../connection/connect.ts';
import { findRun, shortRunId } from '../connection/find-run.ts';
import { hardwareNamesOf } from '../connection/hardware-names.ts';
import { usablePlugins } from '../connection/load-plugins.ts';
import type { CliContext } from '../context.ts';
import { EXIT, NotFoundError, UsageError } from '../errors.ts';

export const report = defineCommand({
  name: 'report',
  summary: 'a run, all failures and recoveries, or what got slower, as one self-contained HTML file or PDF',
  positionals: ['[RUN]'],
  options: {
    'fault-tolerance': {
      kind: 'flag',
      help: 'failures by class and pool over time, recovery strategies compared, quarantines; with --json as data',
    },
    digest: {
      kind: 'flag',
      help: 'what got slower: regressions found and settled, by model and pool; with --json as data',
    },
    format: {
      kind: 'choice',
      choices: ['html', 'pdf', 'markdown', 'json'],
      help: 'pdf needs Chromium on this machine (or BENCHWIRE_CHROMIUM); markdown and json need --digest',
    },
    since: {
      ...{ kind: 'text', value: 'TIME' },
      help: 'a date, or how long ago: with --fault-tolerance (30d), with --digest (7d)',
    },
    plugin: { kind: 'text', value: 'NAME', help: 'written by a plug-in (docs/plugins.md), in place of --format' },
    output: { kind: 'text', value: 'FILE', help: 'where to write it (benchwire-report-RUN.html), or - for stdout' },
  },
  async run(context, { 'fault-tolerance': of_faults, digest, format, since, output, plugin }, [run]) {
    if (plugin !== undefined && (of_faults || digest || format !== undefined))
      throw new UsageError('--plugin writes a report of a run: leave out --fault-tolerance, --digest and --format.');
    if (of_faults && digest) throw new UsageError('give --fault-tolerance or --digest, not both.');
    if ((format === 'markdown' || format === 'json') && !digest)
      throw new UsageError(`--format ${format} needs --digest.`);
    if ((of_faults || digest) && run !== undefined)
      throw new UsageError(`--${digest ? 'digest' : 'fault-tolerance'} is about all runs: leave out RUN.`);
    if (digest) return await reportDigest(context, sinceTime(since ?? '7d', context.now()), format, output);
    if (of_faults) {
      return await reportFaults(context, sinceTime(since ?? '30d', context.now()), format, output);
    }
    if (since !== undefined)
      throw new UsageError('--since needs --fault-tolerance or --digest: a report of a run has all of it.');
    const found = await withStack(context, async (client) => {
      const run_id = await findRun(client, run ?? 'last');
      const data = await runReport(client, run_id, new Date());
      if (data === undefined)
        throw new NotFoundError(`there is no run ${run_id} (or it was submitted this moment and isn't stored yet).`);
      return data;
    });
    const name = `benchwire-report-${shortRunId(found.run.run_id)}`;
    if (plugin !== undefined) {
      const { text, file_ending } = await renderWithPlugin(context, plugin, found);
      // As it is, whatever the file is called.
      return await writeReport(context, text, output ?? `${name}.${file_ending}`, 'json');
    }
    return await writeReport(context, renderReport(found), output ?? `${name}.${endingOf(format)}`, format);
  },
});

/** @throws UsageError for a name that no plug-in has, PluginError where it fails */
async function renderWithPlugin(
  context: CliContext,
  name: string,
  report: RunReport,
): Promise<{ text: string; file_ending: string }> {
  const reports = (await usablePlugins(context)).filter(({ kind }) => kind === 'report');
  const plugin = reports.find((each) => each.name === name);
  if (plugin === undefined)
    throw new UsageError(
      `there is no report plug-in "${name}": ${reports.length === 0 ? 'BENCHWIRE_PLUGINS names a file with none (docs/plugins.md)' : `there are ${reports.map((each) => each.name).join(', ')}`}.`,
    );
  return { text: String(await callPlugin(plugin, 'render', { report })), file_ending: plugin.file_ending ?? 'txt' };
}

type Format = 'html' | 'pdf' | 'markdown' | 'json';

const endingOf = (format: Format | undefined): string => (format === 'pdf' ? 'pdf' : 'html');

async function reportDigest(
  context: CliContext,
  since: string,
  asked: Format | undefined,
  output: string | undefined,
): Promise<number> {
  const format = asked ?? (context.json ? 'json' : 'html');
  const { found, poolName } = await withStack(context, async (client) => ({
    found: await digestSince(client, since, context.now()),
    poolName: (await hardwareNamesOf(client)).pool,
  }));
  // HTML is for a browser; the others are for a pipe.
  if (format === 'html' || format === 'pdf') {
    const file = output ?? `benchwire-digest.${endingOf(format)}`;
    return await writeReport(context, digestAsHtml(found, poolName), file, format);
  }
  const text = format === 'json' ? JSON.stringify(found) : digestAsMarkdown(found, poolName).trimEnd();
  return await writeReport(context, text, output ?? '-', format);
}

async function reportFaults(
  context: CliContext,
  since: string,
  format: Format | undefined,
  output: string | undefined,
): Promise<number> {
  const found = await withStack(context, (client) => faultsSince(client, since, context.now()));
  if (context.json) {
    context.out.line(JSON.stringify(found));
    return EXIT.ok;
  }
  const made_at = new Date(context.now());
  const file = output ?? `benchwire-fault-tolerance.${endingOf(format)}`;
  return await writeReport(context, renderFaultTolerance(found, made_at), file, format);
}

async function faultsSince(client: Client, since: string, now_ms: number): Promise<FaultTolerance> {
  const until = new Date(now_ms).toISOString();
  if (since >= until) throw new UsageError(`--since must be a time in the past, not ${since}.`);
  const [row] = (await client.query('fault_tolerance', { since, until })).rows;
  if (row === undefined) throw new Error('the query "fault_tolerance" always has one row');
  return row;
}

/** Writes a report to a file, or to stdout for `-`; as PDF where that was asked for, or the file is called so. */
export async function writeReport(
  context: CliContext,
  text: string,
  file: string,
  format: Format | undefined,
): Promise<number> {
  const wants_pdf = format === 'pdf' || (format === undefined && file.toLowerCase().endsWith('.pdf'));
  if (wants_pdf && file === '-') throw new UsageError('a PDF is not written to stdout: name a file with --output.');
  const page = wants_pdf ? await pdfOf(context, text) : text;
  if (file === '-') {
    context.out.line(text);
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

async function pdfOf({ environment }: CliContext, html: string): Promise<Buffer> {
  const printed = await printPdf(html, { browser: environment.BENCHWIRE_CHROMIUM });
  if (printed.ok) return printed.pdf;
  throw new UsageError(printed.reason);
}
