import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BUILT_IN } from '@benchwire/scheduler/src/placement/strategies/built-in.ts';
import { htmlReport } from './html-report.ts';
import { lowerBoundMs } from './lower-bound.ts';
import { readScenario } from './scenario.ts';
import { simulate } from './simulation.ts';
import { type Summary, summarize, table } from './summary.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    strategy: { type: 'string', multiple: true },
    cold: { type: 'boolean', default: false },
    report: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const names = readdirSync(new URL('../scenarios/', import.meta.url)).map((file) => file.replace(/\.yaml$/, ''));
const [name] = positionals;
const strategies = values.strategy ?? Object.keys(BUILT_IN);

if (name === undefined || !names.includes(name) || values.help || strategies.some((each) => !(each in BUILT_IN))) {
  process.stderr.write(
    `usage: npm run simulate -- SCENARIO [--strategy NAME]… [--cold] [--json] [--report FILE]\n\n` +
      `scenarios: ${names.join(', ')}\nstrategies: ${Object.keys(BUILT_IN).join(', ')}\n` +
      `--cold: the scheduler knows no run times at the start\n`,
  );
  process.exit(values.help ? 0 : 64);
}

const scenario = readScenario(name);
const bound_ms = lowerBoundMs(scenario);
const summaries: Summary[] = strategies.map((each) => {
  const strategy = BUILT_IN[each]?.({});
  if (strategy === undefined) throw new Error(`no strategy is called ${each}`);
  return summarize(scenario, simulate(scenario, { strategy, warm: !values.cold }), bound_ms);
});

const path = values.report ?? fileURLToPath(new URL(`../../.benchwire/simulations/${name}.html`, import.meta.url));
mkdirSync(fileURLToPath(new URL('.', `file://${path}`)), { recursive: true });
writeFileSync(path, htmlReport(name, scenario, summaries));
if (values.json) process.stdout.write(`${JSON.stringify({ scenario: name, report: path, strategies: summaries })}\n`);
else process.stdout.write(`${name}: ${scenario.what}\n\n${table(summaries).join('\n')}\n\nreport: ${path}\n`);
