import { userInfo } from 'node:os';
import type { Client } from '@benchwire/shared/client/client.ts';
import { changeGate, readGates } from '@benchwire/shared/client/gates.ts';
import {
  GATE_FIELDS,
  type GateRule,
  gateRules,
  type RepeatBudget,
  type WrittenGate,
  writtenGate,
} from '@benchwire/shared/contracts/gate.ts';
import { appliedGate } from '@benchwire/shared/verdict/applied-gate.ts';
import { gateValueWords, gateWords } from '@benchwire/shared/verdict/gate-words.ts';
import { defineCommand } from '../arguments/command.ts';
import type { OptionSpecs, Values } from '../arguments/options.ts';
import { withStack } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { EXIT, NotFoundError, UsageError } from '../errors.ts';
import { renderTable } from '../terminal/table.ts';
import { oneLine } from '../terminal/text-width.ts';

const { unknown_direction, on_slower, on_cannot_tell, on_known_regression } = writtenGate.shape;

const OPTIONS = {
  metric: { kind: 'list', value: 'NAME', help: 'with set: a metric that counts, with * for any text; can be repeated' },
  'min-change': { kind: 'text', value: 'PERCENT', help: 'with set: smaller changes do not matter' },
  'unknown-direction': {
    ...{ kind: 'choice', choices: unknown_direction.unwrap().options },
    help: 'with set: what is worse where it is not known',
  },
  'on-slower': { kind: 'choice', choices: on_slower.unwrap().options, help: 'with set' },
  'on-cannot-tell': { kind: 'choice', choices: on_cannot_tell.unwrap().options, help: 'with set' },
  'repeat-runs': { kind: 'text', value: 'N', help: 'with set, of on-cannot-tell repeat: repetitions at most (10)' },
  'repeat-pairs': { kind: 'text', value: 'N', help: 'with set, of on-cannot-tell repeat: pairs at most (54)' },
  'repeat-seconds': {
    ...{ kind: 'text', value: 'SECONDS' },
    help: 'with set, of on-cannot-tell repeat: none begins later after the run (3600)',
  },
  'on-known-regression': { kind: 'choice', choices: on_known_regression.unwrap().options, help: 'with set' },
} as const satisfies OptionSpecs;

export const gates = defineCommand({
  name: 'gates',
  summary: "the server's gates: what of a verdict makes a run of a benchmark fail",
  positionals: ['[ACTION]', '[BENCHMARK]'],
  options: OPTIONS,
  details: `
bw gates                                            the gates
bw gates set BENCHMARK --min-change 3 --on-slower warn
                                                    replaces the gate of a benchmark; BENCHMARK may have * for any text: 'nightly-*'
bw gates remove BENCHMARK                           removes it
bw gates explain BENCHMARK                          what applies to a benchmark

A field that the request's own \`gate\` has goes before the server's, and that before the default. A change counts for every verdict from then
on, also of runs that ended before.`,
  async run(context, values, [action = 'list', benchmark = '']) {
    const by = userInfo().username;
    const change = (gate: WrittenGate | null) => ({ benchmark, gate, by, now: new Date(context.now()) });
    if (action !== 'list' && benchmark === '')
      throw new UsageError(`BENCHMARK is missing: bw gates ${action} BENCHMARK`);
    switch (action) {
      case 'list':
        break;
      case 'set': {
        const gate = gateOf(values);
        await withStack(context, ({ nats }) => changeGate(nats, change(gate), checked));
        break;
      }
      case 'remove': {
        const removed = await withStack(context, ({ nats }) => changeGate(nats, change(null), checked));
        if (!removed) throw new NotFoundError(`there is no gate for "${oneLine(benchmark)}": \`bw gates\` lists them.`);
        break;
      }
      case 'explain': {
        const applied = appliedGate({ request: {}, rules: await withStack(context, readAll) }, benchmark);
        context.out.line(context.json ? JSON.stringify(applied) : `${oneLine(benchmark)}: ${gateWords(applied)}`);
        return EXIT.ok;
      }
      default:
        throw new UsageError(`unknown action "${oneLine(action)}": use list, set, remove, explain.`);
    }
    list(context, await withStack(context, readAll));
    return EXIT.ok;
  },
});

const readAll = ({ nats }: Client): Promise<GateRule[]> => readGates(nats);

/** @throws UsageError for a gate that is none */
function gateOf(values: Values<typeof OPTIONS>): WrittenGate {
  const { metric, 'min-change': min_change } = values;
  const written = {
    metrics: metric.length === 0 ? undefined : metric,
    min_change_percent: min_change === undefined ? undefined : Number(min_change),
    unknown_direction: values['unknown-direction'],
    on_slower: values['on-slower'],
    on_cannot_tell: values['on-cannot-tell'],
    repeat_budget: budgetOf(values),
    on_known_regression: values['on-known-regression'],
  };
  const parsed = writtenGate.safeParse(JSON.parse(JSON.stringify(written)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`the gate is not valid: ${issue?.path.join('.')}: ${issue?.message}`);
}

function budgetOf(values: Values<typeof OPTIONS>): Partial<RepeatBudget> | undefined {
  const { 'repeat-runs': runs, 'repeat-pairs': pairs, 'repeat-seconds': seconds } = values;
  if (runs === undefined && pairs === undefined && seconds === undefined) return undefined;
  return {
    ...(runs === undefined ? {} : { runs: Number(runs) }),
    ...(pairs === undefined ? {} : { pairs: Number(pairs) }),
    ...(seconds === undefined ? {} : { seconds: Number(seconds) }),
  };
}

function checked(rules: readonly GateRule[]): GateRule[] {
  const parsed = gateRules.safeParse(rules);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `the gate is not valid: ${parsed.error.issues[0]?.message}. Such as: bw gates set 'nightly-*' --min-change 3 --on-slower warn`,
  );
}

function list({ out, err, style, json }: CliContext, rules: readonly GateRule[]): void {
  if (json) {
    out.line(JSON.stringify(rules));
    return;
  }
  if (rules.length === 0) {
    err.line('no gates: `bw gates set BENCHMARK --min-change 3` adds one.');
    return;
  }
  const fields = GATE_FIELDS.filter((field) => rules.some(({ gate }) => gate[field] !== undefined));
  const columns = [
    { title: 'benchmark', cell: ({ benchmark }: GateRule) => benchmark },
    ...fields.map((title) => ({ title, cell: ({ gate }: GateRule) => gateCell(gate[title]) })),
  ];
  out.lines(renderTable(rules, columns, { style, width: out.columns }));
}

const gateCell = (value: WrittenGate[keyof WrittenGate]): string => (value === undefined ? '' : gateValueWords(value));
