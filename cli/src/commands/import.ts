import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Client } from '@benchwire/shared/client/client.ts';
import { expand } from '@benchwire/shared/contracts/expand.ts';
import { MAX_IMPORT_BYTES } from '@benchwire/shared/contracts/limits.ts';
import { request as requestSchema, type Source } from '@benchwire/shared/contracts/request.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import type { ImportedFile, ImportMapping } from '@benchwire/shared/import/format.ts';
import { IMPORT_FORMAT_NAMES } from '@benchwire/shared/import/formats.ts';
import { ImportError } from '@benchwire/shared/import/import-error.ts';
import { importRequests } from '@benchwire/shared/import/import-requests.ts';
import { readWithPlugins } from '@benchwire/shared/plugins/import-with-plugin.ts';
import type { LoadedPlugin } from '@benchwire/shared/plugins/plugin-host.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { defineCommand } from '../arguments/command.ts';
import { VERDICT_OPTIONS } from '../arguments/verdict-options.ts';
import { readBuild, sourceOfBuild } from '../ci/read-build.ts';
import { withStack } from '../connection/connect.ts';
import { usablePlugins } from '../connection/load-plugins.ts';
import type { CliContext } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { gitSource } from '../request/git-source.ts';
import { applyOverrides } from '../request/overrides.ts';
import { count } from '../terminal/numbers.ts';
import { oneLine } from '../terminal/text-width.ts';
import { followSubmitted, sayDetached } from './follow-submitted.ts';

export const importResults = defineCommand({
  name: 'import',
  summary: "import other benchmark tools' results",
  positionals: ['FILE|-…'],
  options: {
    format: { kind: 'text', value: 'NAME', help: "the files' format (auto: found from their content)" },
    device: { kind: 'text', value: 'NAME', help: 'the machine it was measured on; what the file says, without' },
    commit: { kind: 'text', value: 'SHA', help: 'what was measured: its commit' },
    branch: { kind: 'text', value: 'NAME', help: 'its branch' },
    base: { kind: 'text', value: 'BRANCH|SHA', help: 'what it is compared with' },
    repo: { kind: 'text', value: 'URL', help: 'its repository' },
    time: { kind: 'text', value: 'TIME', help: 'when it was measured, such as 2026-11-01T08:00Z' },
    name: { kind: 'text', value: 'NAME', help: "the run's name" },
    tag: { kind: 'list', value: 'KEY=VALUE', help: 'a tag; may be given several times' },
    'name-column': { kind: 'text', value: 'COLUMN', help: 'of a CSV file: the benchmark' },
    'value-column': { kind: 'text', value: 'COLUMN', help: 'of a CSV file: the value' },
    'unit-column': { kind: 'text', value: 'COLUMN', help: 'of a CSV file: the unit' },
    metric: { kind: 'text', value: 'NAME', help: "of a CSV file: the values' metric" },
    unit: { kind: 'text', value: 'UNIT', help: "of a CSV file: the values' unit" },
    better: { kind: 'choice', choices: ['lower', 'higher'], help: 'of a CSV file: which way is better' },
    'fail-on': VERDICT_OPTIONS['fail-on'],
    detach: { kind: 'flag', short: 'd', help: 'only import; print the run ids' },
    'no-git': { kind: 'flag', help: "don't take commit, branch and repository from git and CI" },
  },
  details: `
Formats: ${IMPORT_FORMAT_NAMES.join(', ')} (docs/import.md has a command for each),
and those of plug-ins (docs/plugins.md).
Results get histories, findings and verdicts like any other. Importing the same results again adds nothing.
Progress goes to stderr, results go to stdout.

  bw import hyperfine.json --device lab-1
  go test -bench . -count 10 | bw import - --device lab-1 --fail-on regression
  bw import results.csv --name-column test --value-column ms --unit ms --better lower`,
  async run(context, values, files) {
    const read: ImportedFile[] = [];
    const known = {
      format: values.format ?? 'auto',
      mapping: mappingOf(values),
      plugins: await usablePlugins(context),
    };
    for (const file of files) read.push(await readOne(context, file, known));
    const measured_at = timeOf(values.time);
    const fromGit = values['no-git']
      ? undefined
      : await gitSource(context.working_directory, undefined, sourceOfBuild(readBuild(context.environment)));
    const said = givenBy(values);
    const requests = read
      // A history in several files goes from old to new.
      .toSorted((a, b) => (a.measured_at ?? '').localeCompare(b.measured_at ?? ''))
      .flatMap((file) =>
        importRequests(file, {
          device: values.device,
          source: said.source,
          fallback_source: fromGit,
          measured_at,
          name: values.name,
          tags: said.tags,
        }),
      );
    for (const [index, file] of read.entries()) sayRead(context, files[index] ?? '-', file);
    return await withStack(context, async (client) => await importAll(context, client, requests, values));
  },
});

interface FollowOptions {
  'fail-on': Parameters<typeof followSubmitted>[2]['fail-on'];
  detach: boolean;
}

/** One run after the other, so that a history keeps its order. @returns the worst exit code */
async function importAll(
  context: CliContext,
  client: Client,
  requests: ReturnType<typeof importRequests>,
  options: FollowOptions,
): Promise<number> {
  let worst: number = EXIT.ok;
  for (const request of requests) {
    const submitted = await client.submit(request);
    if (options.detach) {
      sayDetached(context, submitted);
      continue;
    }
    const tasks = tasksOf(request);
    const followed = { 'fail-on': options['fail-on'], format: undefined };
    const code = await followSubmitted(context, { client, submitted, tasks, name: request.name }, followed);
    if (code === EXIT.interrupted) return code;
    worst = worst === EXIT.task_failed ? worst : Math.max(worst, code);
  }
  return worst;
}

function tasksOf(request: unknown): readonly Task[] {
  const parsed = requestSchema.safeParse(request);
  const expansion = parsed.success ? expand(parsed.data) : undefined;
  return expansion?.ok === true ? expansion.tasks : [];
}

/** Source and tags as options say them, checked as those of `bw run`. */
function givenBy(values: {
  commit: string | undefined;
  branch: string | undefined;
  base: string | undefined;
  repo: string | undefined;
  name: string | undefined;
  tag: readonly string[];
}): { source: Source; tags: Record<string, string> } {
  const { commit, branch, base, repo, name, tag } = values;
  const bare = requestSchema.parse({ tasks: [{ task_id: 'x', executor: 'noop' }] });
  const overrides = { request_id: undefined, name, tags: tag, commit, branch, base, repo };
  const { source = {}, tags } = applyOverrides(bare, overrides, undefined);
  return { source, tags };
}

function mappingOf(values: Record<string, unknown>): ImportMapping {
  const { metric, unit, better } = values;
  const columns = {
    name_column: values['name-column'],
    value_column: values['value-column'],
    unit_column: values['unit-column'],
  };
  return { ...columns, metric, unit, better } as ImportMapping;
}

async function readOne(
  context: CliContext,
  file: string,
  { plugins, ...known }: { format: string; mapping: ImportMapping; plugins: readonly LoadedPlugin[] },
): Promise<ImportedFile> {
  const name = file === '-' ? 'standard input' : basename(file);
  try {
    if (file !== '-') {
      const { size } = await stat(resolve(context.working_directory, file));
      // The reader refuses it, too; this is before it takes memory.
      if (size > MAX_IMPORT_BYTES)
        throw new ImportError(
          name,
          '',
          `has ${Math.ceil(size / 1e6)} MB, at most ${Math.floor(MAX_IMPORT_BYTES / 1e6)} can be imported: split it`,
        );
    }
    const bytes = file === '-' ? await buffer(context.stdin) : await readFile(resolve(context.working_directory, file));
    return await readWithPlugins({ file: name, bytes, ...known }, plugins);
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

function timeOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const at = /^\d{4}-\d\d-\d\d/.test(text)
    ? Date.parse(/T.*(?:Z|[+-]\d\d:?\d\d)$|^.{10}$/.test(text) ? text : `${text}Z`)
    : Number.NaN;
  if (Number.isFinite(at)) return new Date(at).toISOString();
  throw new UsageError(`--time takes a date (2026-11-01) or a date with a time (2026-11-01T08:00Z), not "${text}".`);
}

function sayRead(
  { err, errStyle }: CliContext,
  name: string,
  { format, benchmarks, device, notes }: ImportedFile,
): void {
  const where = device === undefined ? '' : `, measured on ${device.name}`;
  err.line(`${oneLine(name)}: ${count(benchmarks.length, 'benchmark')} of ${format}${oneLine(where)}`);
  for (const note of notes) err.line(errStyle.dim(`  ${oneLine(note)}`));
}
