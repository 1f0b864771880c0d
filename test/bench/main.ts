import { parseArgs } from 'node:util';
import { type BenchResult, type Case, say } from './report.ts';

/** --data and --dump are for the benchmark `detection`; --dump, --types, --until, --resume and --profile for `models`. */
type Run = (
  rounds: number,
  options: { data?: string; dump?: string; types?: string; until?: string; resume?: boolean; profile?: boolean },
) => Promise<BenchResult>;

/** Each benchmark is imported only when it is asked for, since they load different heavy things. */
const BENCHMARKS: Record<string, { what: string; run: () => Promise<Run> }> = {
  pipeline: {
    what: '20,000 noop tasks, from submit until every row can be queried; against bare BullMQ',
    run: async () => (await import('./pipeline.ts')).pipeline,
  },
  latency: {
    what: 'one task at a time, submit to start of execution; against bare BullMQ',
    run: async () => (await import('./latency.ts')).latency,
  },
  metrics: {
    what: 'metric points from a worker to rows in ClickHouse; against inserting them straight',
    run: async () => (await import('./metrics.ts')).metrics,
  },
  scheduler: {
    what: 'decisions a second with 1,000,000 waiting tasks, memory, makespans; against one sorted list',
    run: async () => (await import('./scheduler.ts')).scheduler,
  },
  harness: {
    what: 'the latency that the onnx executor reports; against a bare loop over session.run',
    run: async () => (await import('./harness.ts')).harness,
  },
  recovery: {
    what: 'kill -9 of a worker and of the leading scheduler until work goes on; against BullMQ alone',
    run: async () => (await import('./recovery.ts')).recovery,
  },
  kafka: {
    what: 'requests in and outcomes out through Kafka; against the NATS door and a bare producer',
    run: async () => (await import('./kafka.ts')).kafka,
  },
  detection: {
    what: 'change points that the anomaly service finds in labelled series; against never an alarm',
    run: async () => (await import('./detection.ts')).detection,
  },
  'false-alarms': {
    what: 'series without a change that get a confirmed finding, and the power to find steps; against the goals',
    run: async () => (await import('./false-alarms.ts')).falseAlarms,
  },
  verdict: {
    what: 'pull requests on real noise: wrong reds, missed changes, repetitions; against a ratio of 5 % and Mann-Whitney',
    run: async () => (await import('./verdict.ts')).verdict,
  },
  'verdict-pairs': {
    what: 'the same with a base that is measured beside the head: wrong reds, missed changes, pairs; against the goal of 0.5 %',
    run: async () => (await import('./verdict-pairs.ts')).verdictPairs,
  },
  ci: {
    what: 'change-free pull requests and steps of 5 % as `bw ci` measures them: red, neutral and green checks; against the goal of 1 %',
    run: async () => (await import('./ci.ts')).ci,
  },
  notifier: {
    what: '10,000 findings, each a message: messages a second, memory, and kill -9 until the next message; against a limit of 10 s',
    run: async () => (await import('./notifier.ts')).notifier,
  },
  anomaly: {
    what: 'points a second over 100,000 series, and bytes a series; against a z-score over the last 100 points',
    run: async () => (await import('./anomaly.ts')).anomaly,
  },
  gateway: {
    what: 'the queries of each page over 1,000,000 results and 100,000,000 samples, 200 WebSocket clients; against bare Fastify',
    run: async () => (await import('./gateway.ts')).gateway,
  },
  runner: {
    what: 'the latency that the torch executor reports, and what a task costs; against a bare loop in a fresh Python process',
    run: async () => (await import('./runner.ts')).runner,
  },
  models: {
    what: 'every Hugging Face model type, tiny, on the CPU: how far each comes; against a scratch program',
    run: async () => (await import('./models.ts')).models,
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    data: { type: 'string' },
    dump: { type: 'string' },
    types: { type: 'string' },
    until: { type: 'string' },
    resume: { type: 'boolean' },
    profile: { type: 'boolean' },
    help: { type: 'boolean', default: false },
  },
});
const [name] = positionals;
const benchmark = name === undefined ? undefined : BENCHMARKS[name];
const rounds = values.rounds === undefined ? 0 : Number(values.rounds);

if (benchmark === undefined || name === undefined || values.help || !Number.isInteger(rounds) || rounds < 0) {
  const list = Object.entries(BENCHMARKS).map(([each, { what }]) => `  ${each.padEnd(12)} ${what}`);
  say(`usage: npm run bench -- NAME [--json] [--rounds N]\n\n${list.join('\n')}`);
  process.exit(values.help ? 0 : 64);
}

const run = await benchmark.run();
const { data, dump, types, until, resume, profile } = values;
const given = Object.entries({ data, dump, types, until, resume, profile }).filter(([, value]) => value !== undefined);
const result = await run(rounds, Object.fromEntries(given));
for (const each of result.cases ?? [result]) say(describe(each));
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
for (const problem of result.problems ?? []) say(problem);
process.exit((result.problems ?? []).length === 0 ? 0 : 1);

function describe(each: Case): string {
  return `${each.name}: ours ${each.ours} ${each.unit}, baseline ${each.baseline} ${each.unit}, ratio ${each.ratio}`;
}
