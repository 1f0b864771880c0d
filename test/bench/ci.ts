import { existsSync } from 'node:fs';
import { judge } from '@benchwire/cli/src/ci/ci-report.ts';
import { metricOf, reportWith } from '@benchwire/cli/test-support/ci-report.ts';
import { DEFAULT_PAIRS } from '@benchwire/shared/contracts/base.ts';
import { gate, pairBudget } from '@benchwire/shared/contracts/gate.ts';
import { createRandom, type Random } from '@benchwire/shared/stats/random.ts';
import { USUAL_CHANGE_PERCENT } from '@benchwire/shared/verdict/compare-with-level.ts';
import { comparePairs, type PairedResult, pairsUntilNextLook } from '@benchwire/shared/verdict/paired.ts';
import { halfOf, UNLABELLED_FILE } from './detection/labelled.ts';
import { type NoiseKind, realNoise } from './detection/series-noise.ts';
import { type BenchResult, round, say } from './report.ts';

const PULL_REQUESTS = 200;
const LEVEL = 100;
/** Standard deviations of the noise, as a share of the level. */
const NOISES = [0.005, 0.014, 0.05] as const;
const STEP_PERCENT = 5;
const STEP_NOISE = 0.014;
/** What `bw ci` spends without another word. */
const BUDGET = pairBudget(gate.parse({}).repeat_budget);

interface Ended {
  conclusion: 'success' | 'failure' | 'neutral';
  pairs: number;
}

/**
 * Pull requests as `bw ci` measures them by default: six pairs, and up to ten more while it cannot tell. Head and base are drawn by turns
 * from one stretch of noise that is spliced from real series (the half that no figure was chosen on), scaled to 0.5, 1.4 and 5 % of the
 * level. What is counted is the conclusion of the check. `--rounds` is the number of pull requests of each kind.
 */
export async function ci(rounds: number): Promise<BenchResult> {
  if (!existsSync(UNLABELLED_FILE)) {
    say(`needs ${UNLABELLED_FILE}: the noise of real series`);
    process.exit(64);
  }
  const count = rounds === 0 ? PULL_REQUESTS : rounds;
  const noise = realNoise(UNLABELLED_FILE, (name) => halfOf(name) === 'held_out');
  const random = createRandom(18);
  const unchanged = NOISES.map((deviation) => ({
    noise_percent: deviation * 100,
    ...figures(Array.from({ length: count }, () => pullRequest(noise, random, deviation, 0))),
  }));
  const steps = figures(Array.from({ length: count }, () => pullRequest(noise, random, STEP_NOISE, STEP_PERCENT)));
  // 200 in all, a third of them with each noise, as the goal counts them.
  const mixed = Array.from({ length: count }, (_, n) => pullRequest(noise, random, NOISES[n % NOISES.length] ?? 0, 0));
  const all = figures(mixed);
  const problems = [
    ...(all.red > count / 100 ? [`${all.red} of ${count} change-free pull requests are red, at most 1 % may be`] : []),
    ...(steps.red_percent < 95 ? [`${steps.red_percent} % of the steps are red, at least 95 % have to be`] : []),
  ];
  return {
    ...{ name: 'ci', ours: all.red, baseline: count / 100, ratio: round(all.red / (count / 100)) },
    unit: `of ${count} change-free pull requests with a red check`,
    ...{ mixed: all, unchanged, steps_of_5_percent: steps, problems },
  };
}

function figures(ended: readonly Ended[]): Record<Ended['conclusion'] | 'red' | 'red_percent' | 'pairs', number> {
  const of = (conclusion: Ended['conclusion']): number => ended.filter((each) => each.conclusion === conclusion).length;
  const [red, neutral, success] = [of('failure'), of('neutral'), of('success')];
  const pairs = round(ended.reduce((sum, each) => sum + each.pairs, 0) / ended.length);
  return { red, failure: red, neutral, success, red_percent: round((100 * red) / ended.length), pairs };
}

function pullRequest(kind: NoiseKind, random: Random, deviation: number, change_percent: number): Ended {
  const { next } = kind(random)();
  const value = (): number => LEVEL * Math.max(0.01, 1 + deviation * next());
  const [head, base]: [number[], number[]] = [[], []];
  for (let wanted = DEFAULT_PAIRS; ; ) {
    while (head.length < wanted) {
      const [first, second] = [value(), value()];
      const isHeadFirst = head.length % 2 === 0;
      head.push((isHeadFirst ? first : second) * (1 + change_percent / 100));
      base.push(isHeadFirst ? second : first);
    }
    const said = comparePairs(head, base, { direction: 'lower_is_better', matters_percent: USUAL_CHANGE_PERCENT });
    const left = DEFAULT_PAIRS + BUDGET - wanted;
    const more = pairsUntilNextLook(said);
    if (more === 0 || left === 0) return { conclusion: conclusionOf(said), pairs: said.pairs };
    wanted += Math.min(more, left);
  }
}

/** The check's, from the report of a run with this one metric. */
function conclusionOf({ verdict }: PairedResult): Ended['conclusion'] {
  const outcome = verdict === 'slower' ? 'fail' : verdict === 'cannot_tell' ? 'warn' : 'pass';
  return judge(reportWith([metricOf(verdict, { gate: outcome })])).conclusion;
}
