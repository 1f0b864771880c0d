import { metricCatalogue } from '@benchwire/shared/client/metric-catalogue.ts';
import { BETTER } from '@benchwire/shared/contracts/direction.ts';
import { type MetricRule, metricRules, ruleFor } from '@benchwire/shared/contracts/metric-catalogue.ts';
import { betterOf } from '@benchwire/shared/metric/direction.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { EXIT, NotFoundError, UsageError } from '../errors.ts';
import { renderTable } from '../terminal/table.ts';
import { oneLine } from '../terminal/text-width.ts';

export const metrics = defineCommand({
  name: 'metrics',
  summary: "the stack's metric catalogue: which way is better, and units, by name or pattern",
  positionals: ['[set|remove|explain]', '[METRIC]'],
  options: {
    better: { kind: 'choice', choices: BETTER, help: 'with set: which way is better' },
    unit: { kind: 'text', value: 'UNIT', help: 'with set: the unit of values that are printed without one' },
  },
  details: `
bw metrics                                    the rules
bw metrics set METRIC --better lower          adds a rule, or replaces it; METRIC may have * for any text: 'lat_*'
bw metrics remove METRIC                      takes it away
bw metrics explain METRIC                     what is known of a metric, and from where

What the program or the task says goes before the rules, and these go before what Benchwire knows itself. They hold for what is measured
from then on.`,
  async run(context, { better, unit }, [action = 'list', metric = '']) {
    switch (action) {
      case 'list':
        list(context, await withStack(context, ({ nats }) => metricCatalogue.read(nats)));
        return EXIT.ok;
      case 'set': {
        const rule = { metric, ...(better === undefined ? {} : { better }), ...(unit === undefined ? {} : { unit }) };
        const changed = await withStack(context, ({ nats }) =>
          metricCatalogue.change(nats, (rules) => withRule(rules, rule)),
        );
        list(context, changed ?? []);
        return EXIT.ok;
      }
      case 'remove': {
        const same = ({ metric: name }: MetricRule): boolean => name.toLowerCase() === metric.toLowerCase();
        const changed = await withStack(context, ({ nats }) =>
          metricCatalogue.change(nats, (rules) => (rules.some(same) ? rules.filter((each) => !same(each)) : undefined)),
        );
        if (changed === undefined)
          throw new NotFoundError(`there is no rule "${oneLine(metric)}": \`bw metrics\` lists them.`);
        list(context, changed);
        return EXIT.ok;
      }
      case 'explain': {
        if (metric === '') throw new UsageError('METRIC is missing: bw metrics explain METRIC');
        explain(context, metric, unit, await withStack(context, ({ nats }) => metricCatalogue.read(nats)));
        return EXIT.ok;
      }
      default:
        throw new UsageError(`unknown action "${oneLine(action)}": use list, set, remove, explain.`);
    }
  },
});

/** @throws UsageError for a rule that is none, or one too many */
function withRule(rules: readonly MetricRule[], rule: MetricRule): MetricRule[] {
  const at = rules.findIndex(({ metric }) => metric.toLowerCase() === rule.metric.toLowerCase());
  const parsed = metricRules.safeParse(at < 0 ? [...rules, rule] : rules.with(at, rule));
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `the rule is not valid: ${parsed.error.issues[0]?.message}. Such as: bw metrics set 'lat_*' --better lower --unit ms`,
  );
}

function list({ out, err, style, json }: CliContext, rules: readonly MetricRule[]): void {
  if (json) {
    out.line(JSON.stringify(rules));
    return;
  }
  if (rules.length === 0) {
    err.line('no rules: `bw metrics set METRIC --better lower --unit ms` adds one.');
    return;
  }
  const columns = [
    { title: 'metric', cell: (rule: MetricRule) => rule.metric },
    { title: 'better', cell: (rule: MetricRule) => rule.better ?? '' },
    { title: 'unit', cell: (rule: MetricRule) => rule.unit ?? '' },
  ];
  out.lines(renderTable(rules, columns, { style, width: out.columns }));
}

function explain(
  { out, json }: CliContext,
  metric: string,
  unit: string | undefined,
  rules: readonly MetricRule[],
): void {
  const rule = ruleFor(rules, metric);
  const printed = unit ?? rule.unit ?? null;
  const better = rule.better ?? betterOf({ metric, unit: printed });
  const from =
    rule.better !== undefined ? 'the rules of this stack' : better === 'unknown' ? 'nothing' : 'its name or unit';
  if (json) out.line(JSON.stringify({ metric, better, unit: printed, from }));
  else out.line(`${oneLine(metric)}: better ${better}, by ${from}${printed === null ? '' : `; unit ${printed}`}`);
}
