import { defineCommand } from '../arguments/command.ts';
import { VERDICT_OPTIONS } from '../arguments/verdict-options.ts';
import { readBuild, sourceOfBuild } from '../ci/read-build.ts';
import { withStack } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../errors.ts';
import { checkRequest } from '../request/check-request.ts';
import { gitSource } from '../request/git-source.ts';
import { type ModelOptions, modelRequest } from '../request/model-request.ts';
import { applyOverrides } from '../request/overrides.ts';
import { readFiles } from '../request/read-files.ts';
import { readRequest, type WrittenRequest } from '../request/read-request.ts';
import { sendFiles } from '../request/send-files.ts';
import { submitWritten } from '../request/submit-written.ts';
import { followSubmitted, type Started, sayDetached } from './follow-submitted.ts';

export const run = defineCommand({
  name: 'run',
  summary: 'submit a request, follow it, and show the results',
  positionals: ['[FILE|-]'],
  options: {
    model: { kind: 'list', value: 'MODEL', help: 'measure this model, without a file; several: again, or with commas' },
    hardware: {
      kind: 'text',
      value: 'CLASSES',
      help: 'with --model: a task for each, such as cpu,cuda (any one machine)',
    },
    'batch-sizes': { kind: 'text', value: 'SIZES', help: 'with --model: such as 1,2,4 (1)' },
    precision: { kind: 'text', value: 'NAME', help: "with --model: the model file's precision" },
    progressive: { kind: 'flag', help: "with --model: every model's smallest batch size first" },
    incremental: { kind: 'flag', help: 'with --model: leave out what was measured already' },
    'no-upload': { kind: 'flag', help: "don't read or send model files: the workers have them in their model folders" },
    detach: { kind: 'flag', short: 'd', help: 'only submit; print the run id' },
    'fail-on': VERDICT_OPTIONS['fail-on'],
    name: { kind: 'text', value: 'NAME', help: "the run's name" },
    tag: { kind: 'list', value: 'KEY=VALUE', help: 'a tag; may be given several times' },
    'request-id': { kind: 'text', value: 'ID', help: 'submitting the same id again within 24 h gives the same run' },
    commit: { kind: 'text', value: 'SHA', help: 'what is measured: its commit' },
    branch: { kind: 'text', value: 'NAME', help: 'its branch' },
    base: {
      kind: 'text',
      value: 'BRANCH|SHA',
      help: 'what it is compared with: the branch that it is for, or the commit that it began at',
    },
    repo: { kind: 'text', value: 'URL', help: 'its repository' },
    format: VERDICT_OPTIONS.format,
    'no-git': {
      kind: 'flag',
      help: "don't take commit, branch and repository from git in this folder (never taken in Benchwire's own)",
    },
  },
  details: `
FILE is YAML or JSON: a request, or a single task. - reads it from stdin. --model takes its place for models that are named
like those of \`bw run examples/quickstart.yaml\`, by a path or by an https URL.
Paths of models and inputs count from the folder that bw is called in. What the stack does not have of them is sent to it, so that
every worker can measure it.
Progress goes to stderr, results go to stdout.

Ctrl-C does not end the run. In a terminal it shows a menu that takes one key: d detaches (the run goes on), c cancels the
run, g goes on watching; a second Ctrl-C detaches. Without a terminal, Ctrl-C detaches.

  bw run examples/quickstart.yaml
  bw run --model silero-vad-v5 --hardware cpu,cuda --batch-sizes 1,2,4
  bw run request.yaml --fail-on regression --tag trigger=nightly
  bw run request.yaml --base main --format markdown > comment.md
  bw run request.yaml --fail-on regression,change     # also metrics whose better direction is unknown
  bw run request.yaml --json > results.json`,
  async run(context, values, [file]) {
    const written = await writtenBy(context, values, file);
    const checked = checkRequest(written);
    const fromGit = values['no-git']
      ? undefined
      : await gitSource(context.working_directory, undefined, sourceOfBuild(readBuild(context.environment)));
    const overrides = { ...values, request_id: values['request-id'], tags: values.tag };
    const request = applyOverrides(checked.request, overrides, fromGit);
    const listed = checked.request.files ?? [];
    const files = values['no-upload'] ? [] : await readFiles(written, checked.tasks, listed, context.working_directory);
    return await withStack(context, async (client) => {
      const sent = await sendFiles(context, client, files);
      const submitted = await submitWritten(client, written, { ...request, files: [...listed, ...(sent ?? [])] });
      if (values.detach) return sayDetached(context, submitted);
      const started: Started = { client, submitted, tasks: checked.tasks, name: request.name };
      return await followSubmitted(context, started, values);
    });
  },
});

/** @throws UsageError where neither a file nor a model was named, or both were */
async function writtenBy(
  context: CliContext,
  options: ModelOptions,
  file: string | undefined,
): Promise<WrittenRequest> {
  const ofModel = modelRequest(options);
  if (ofModel === undefined && file === undefined)
    throw new UsageError('nothing to run: `bw run FILE`, `bw run -` for stdin, or `bw run --model MODEL`.');
  if (ofModel !== undefined && file !== undefined)
    throw new UsageError(`--model takes the place of a file: leave out --model or ${file}.`);
  return ofModel ?? (await readRequest(file ?? '-', context.working_directory, context.stdin));
}
