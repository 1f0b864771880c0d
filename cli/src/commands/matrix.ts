import type { CompatibilityAnswer } from '@benchwire/shared/catalogue/compatibility.ts';
import { listModels } from '@benchwire/shared/catalogue/models.ts';
import { PRIORITIES } from '@benchwire/shared/catalogue/stages.ts';
import { compatibilityNow } from '@benchwire/shared/client/compatibility.ts';
import {
  COMPATIBILITY_STATES,
  type CompatibilityCell,
  compatibilityCell,
} from '@benchwire/shared/contracts/api/models.ts';
import { HARDWARE_CLASSES } from '@benchwire/shared/contracts/hardware-classes.ts';
import { toCsv } from '@benchwire/shared/format/csv.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { didYouMean } from '@benchwire/shared/runtime/near-names.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { formatNumber } from '../terminal/numbers.ts';
import { type Column, renderTable } from '../terminal/table.ts';

export const matrix = defineCommand({
  name: 'matrix',
  summary: 'which models work on which hardware, with which executor and precision, and with what numbers',
  positionals: ['[SEARCH]'],
  options: {
    family: { kind: 'list', value: 'NAME', help: 'only of this family; can be repeated' },
    priority: { kind: 'choice', choices: PRIORITIES, help: 'only models of this priority' },
    hardware: { kind: 'text', value: 'CLASSES', help: 'only on these, such as cpu,cuda' },
    executor: { kind: 'list', value: 'NAME', help: 'only with this executor; can be repeated' },
    precision: { kind: 'list', value: 'NAME', help: 'only in this precision; can be repeated' },
    state: { kind: 'choice', choices: COMPATIBILITY_STATES, help: 'only what works, fails, or was never tried' },
    format: { kind: 'choice', choices: ['table', 'json', 'csv'], help: 'table unless set' },
  },
  details: `
SEARCH is looked for in the model's name. What works or fails is shown by tasks (\`outcomes\`) where there were any, else by the newest
coverage run (\`coverage\`). --state untested lists what nobody tried.

  bw matrix bert --hardware cpu,cuda
  bw matrix --state fails --format csv > failures.csv`,
  async run(context, { family, hardware, executor, precision, state, priority, format }, [search]) {
    const classes = hardware === undefined ? [] : hardware.split(',').map((name) => name.trim());
    const filter = {
      ...{ search, executor, precision, hardware: classes.map(knownClass), family: family.map(knownFamily) },
      ...(state === undefined ? {} : { state: [state] }),
      ...(priority === undefined ? {} : { priority: [priority] }),
    };
    const found = await withStack(context, (client) => compatibilityNow(client, filter));
    if (context.json || format === 'json') context.out.line(JSON.stringify(found));
    else if (format === 'csv') context.out.lines(toCsv(Object.keys(compatibilityCell.shape), found.items));
    else list(context, found);
    return EXIT.ok;
  },
});

/** @throws UsageError with the near names */
function knownClass(name: string): string {
  if (HARDWARE_CLASSES.some((each) => each === name)) return name;
  throw new UsageError(`--hardware: unknown class "${name}".${didYouMean(name, HARDWARE_CLASSES)}`);
}

/** @throws UsageError with the near names */
function knownFamily(name: string): string {
  const families = new Set(listModels().map(({ family }) => family));
  if (families.has(name)) return name;
  throw new UsageError(`no model has the family "${name}".${didYouMean(name, families)}`);
}

const number = (value: number | null): string => (value === null ? '' : formatNumber(value));

const COLUMNS: ReadonlyArray<Column<CompatibilityCell>> = [
  { title: 'model', cell: ({ model }) => modelName(model), shrink_to: 16 },
  { title: 'hardware', cell: ({ hardware }) => hardware },
  { title: 'executor', cell: ({ executor }) => executor },
  { title: 'precision', cell: ({ precision }) => precision },
  {
    ...{ title: 'state', cell: ({ state }) => state, stays: true },
    paint: (text, { state }, style) =>
      state === 'works' ? style.green(text) : state === 'fails' ? style.red(text) : style.dim(text),
  },
  { title: 'ms', cell: ({ latency_ms }) => number(latency_ms), align: 'right' },
  { title: 'items/s', cell: (row) => number(row.throughput_items_per_second), align: 'right', expendable: 3 },
  { title: 'MB', cell: ({ memory_mb }) => number(memory_mb), align: 'right', expendable: 4 },
  { title: 'batch', cell: ({ batch_size }) => number(batch_size), align: 'right', expendable: 5 },
  { title: 'shown by', cell: ({ source, stage }) => (stage === null ? source : `${source}: ${stage}`), expendable: 2 },
  { title: 'why', cell: ({ reason }) => reason ?? '', at_most: 120, shrink_to: 20, expendable: 1 },
];

function list({ out, err, style }: CliContext, { items, counts }: CompatibilityAnswer): void {
  if (items.length > 0) out.lines(renderTable(items, COLUMNS, { style, width: out.columns }));
  const { works, fails, untested } = counts;
  err.line(`${works} work, ${fails} fail, ${untested} untested`);
  if (items.length === 0 && untested > 0) err.line('--state untested lists those that nobody tried.');
}
