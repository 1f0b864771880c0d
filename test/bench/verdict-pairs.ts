import { existsSync } from 'node:fs';
import { gate, pairBudget } from '@benchwire/shared/contracts/gate.ts';
import { createRandom, type Random } from '@benchwire/shared/stats/random.ts';
import { comparePairs, type PairedResult, pairsUntilNextLook } from '@benchwire/shared/verdict/paired.ts';
import { UNLABELLED_FILE } from './detection/labelled.ts';
import { type RelativeNoise, realRelativeNoise } from './detection/series-noise.ts';
import { type BenchResult, round, say } from './report.ts';

const PULL_REQUESTS = 8000;
const LEVEL = 100;
const PAIRS = 6;
/** Pairs on top, as `gate.repeat_budget` has them without another word. */
const BUDGET = pairBudget(gate.parse({}).repeat_budget);

interface Judged {
  change_percent: number;
  said: PairedResult;
}

/**
 * Pull requests whose base is measured beside them: both sides are drawn by turns from the same stretch of a real series, half of the heads 3
 * to 20 % slower, and what can't be told is measured again within the budget. Values of a series are further apart in time
 * than the sides of a pair, so the noise between the sides is rather too large here.
 */
export async function verdictPairs(rounds: number): Promise<BenchResult> {
  if (!existsSync(UNLABELLED_FILE)) {
    say(`needs ${UNLABELLED_FILE}: the noise of real series`);
    process.exit(64);
  }
  const series = realRelativeNoise(UNLABELLED_FILE);
  const noise = (n: number, random: Random): Float64Array =>
    (series[Math.floor(random() * series.length)] as RelativeNoise).values(n, random);
  const random = createRandom(15);
  const count = rounds === 0 ? PULL_REQUESTS : rounds;
  const judged = Array.from({ length: count }, (_, i) => pullRequest(i % 2 === 0, noise, random));
  const share = (some: readonly Judged[], of: readonly Judged[]): number =>
    of.length === 0 ? 0 : round((100 * some.length) / of.length);
  const is = (verdict: PairedResult['verdict']) => (each: Judged) => each.said.verdict === verdict;
  const unchanged = judged.filter(({ change_percent }) => change_percent === 0);
  const changed = judged.filter(({ change_percent }) => change_percent > 0);
  const visible = changed.filter(
    ({ change_percent, said }) => change_percent >= (said.minimum_detectable_percent ?? Infinity),
  );
  const ours = share(unchanged.filter(is('slower')), unchanged);
  return {
    name: 'verdict-pairs',
    ours,
    baseline: 0.5,
    ratio: round(ours / 0.5),
    unit: '% of unchanged pull requests called slower',
    pull_requests: count,
    visible_changes: visible.length,
    missed_of_visible_percent: share(
      visible.filter((each) => !is('slower')(each)),
      visible,
    ),
    changes_found_percent: share(changed.filter(is('slower')), changed),
    changes_called_no_change_percent: share(changed.filter(is('no_change')), changed),
    cannot_tell_percent: share(judged.filter(is('cannot_tell')), judged),
    pairs_per_pull_request: round(judged.reduce((sum, { said }) => sum + said.pairs, 0) / count),
  };
}

function pullRequest(isUnchanged: boolean, noise: (n: number, random: Random) => Float64Array, random: Random): Judged {
  const change_percent = isUnchanged ? 0 : 3 + 17 * random();
  const values = Array.from(noise(2 * (PAIRS + BUDGET), random), (value) => LEVEL * (1 + value));
  const head: number[] = [];
  const base: number[] = [];
  for (let wanted = PAIRS; ; ) {
    while (head.length < wanted) {
      const pair = head.length;
      const [first = LEVEL, second = LEVEL] = values.slice(2 * pair, 2 * pair + 2);
      const isHeadFirst = pair % 2 === 0;
      head.push((isHeadFirst ? first : second) * (1 + change_percent / 100));
      base.push(isHeadFirst ? second : first);
    }
    const said = comparePairs(head, base, { direction: 'lower_is_better', matters_percent: 5 });
    const left = PAIRS + BUDGET - wanted;
    const more = pairsUntilNextLook(said);
    if (more === 0 || left === 0) return { change_percent, said };
    wanted += Math.min(more, left);
  }
}
