import { existsSync } from 'node:fs';
import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { createRandom, type Random } from '@benchwire/shared/stats/random.ts';
import { rankTest } from '@benchwire/shared/stats/rank-test.ts';
import type { HistoryPoint } from '@benchwire/shared/verdict/history.ts';
import { judgeSeries, type SeriesVerdict } from '@benchwire/shared/verdict/judge-series.ts';
import { DEFAULT_MAIN_BRANCHES } from '@benchwire/shared/verdict/lines.ts';
import { halfOf, TUNE_FILE, UNLABELLED_FILE } from './detection/labelled.ts';
import { type RelativeNoise, realRelativeNoise } from './detection/series-noise.ts';
import { type BenchResult, round, say } from './report.ts';

/** Of 2,000 pull requests a rate of 0.5 % is known to a factor of 2 only. */
const PULL_REQUESTS = 8000;
const LEVEL = 100;
const HISTORY = { least: 8, most: 200 };
/** Runs of a pull request at most: the first, and repetitions while it can't be told. */
const MAX_RUNS = 4;
/** Values of the head that Mann and Whitney's test gets: of one value alone it never says anything. */
const RANKED_RUNS = 5;
const RANKED_BASE = 10;
const RANKED_Z = 1.96;
const RATIO_PERCENT = 5;

const settings = {
  main_branches: DEFAULT_MAIN_BRANCHES,
  single: { threshold: 5, window: 50, min_runs: 5 },
  levels: DEFAULT_SETTINGS,
};

interface PullRequest {
  /** 0 for one without a change. */
  change_percent: number;
  history: number[];
  runs: number[];
}

/**
 * Pull requests on series with the noise of real ones, half without a change, half 3 to 20 % slower: how often the verdict is
 * wrong, how often it can't tell, and what it costs. A wrong red is a pull request without a change called slower; a missed
 * one is a change of at least the stated minimum detectable change that is not called slower.
 */
export async function verdict(rounds: number): Promise<BenchResult> {
  if (!existsSync(UNLABELLED_FILE)) {
    say(`needs ${UNLABELLED_FILE}: the noise of real series`);
    process.exit(64);
  }
  const count = rounds === 0 ? PULL_REQUESTS : rounds;
  const halves = Object.groupBy(realRelativeNoise(UNLABELLED_FILE), ({ name }) => halfOf(name));
  const held_out = figuresOf(halves.held_out ?? [], count);
  const tuning = figuresOf(halves.tuning ?? [], count);
  const labelled = figuresOf(realRelativeNoise(TUNE_FILE), count);
  const ours = held_out.wrong_red_percent;
  return {
    name: 'verdict',
    ours,
    baseline: 0.5,
    ratio: round(ours / 0.5),
    unit: '% of unchanged pull requests called slower, on the series held out',
    ...held_out,
    tuning,
    labelled,
  };
}

function figuresOf(
  series: readonly RelativeNoise[],
  count: number,
): { wrong_red_percent: number; [figure: string]: unknown } {
  const random = createRandom(15);
  const requests = Array.from({ length: count }, (_, i) => {
    const noise = series[Math.floor(random() * series.length)] as RelativeNoise;
    return pullRequest(i % 2 === 0, noise, random);
  });
  const judged = requests.map(judge);
  const isChanged = (at: number): boolean => (requests[at] as PullRequest).change_percent > 0;
  const share = (matching: number, of: number): number => (of === 0 ? 0 : round((100 * matching) / of));
  const unchanged = requests.filter(({ change_percent }) => change_percent === 0);
  const wrong = judged.filter(({ said }, at) => !isChanged(at) && said.verdict === 'slower').length;
  const visible = judged.filter(
    ({ said }, at) =>
      isChanged(at) &&
      said.minimum_detectable_percent !== null &&
      (requests[at] as PullRequest).change_percent >= said.minimum_detectable_percent,
  );
  const missed = visible.filter(({ said }) => said.verdict !== 'slower').length;
  const green = judged.filter(({ said }, at) => isChanged(at) && said.verdict === 'no_change').length;
  const red = judged.filter(({ said }, at) => isChanged(at) && said.verdict === 'slower').length;
  const changed = count - unchanged.length;
  const cannotTell = judged.filter(({ said }) => said.verdict === 'cannot_tell').length;
  const runs = judged.reduce((sum, each) => sum + each.runs, 0);
  const isRedByRatio = ({ history, runs: [first = 0] }: PullRequest): boolean =>
    first > (history.at(-1) as number) * (1 + RATIO_PERCENT / 100);
  const isRedByRanks = (each: PullRequest): boolean =>
    rankTest(each.history.slice(-RANKED_BASE), each.runs.slice(0, RANKED_RUNS)).z > RANKED_Z;
  const reds = (isRed: (each: PullRequest) => boolean): Record<string, number> => ({
    wrong_red_percent: share(unchanged.filter(isRed).length, unchanged.length),
    missed_percent: share(requests.filter((each) => each.change_percent > 0 && !isRed(each)).length, changed),
  });
  return {
    series: series.length,
    wrong_red_percent: share(wrong, unchanged.length),
    pull_requests: count,
    visible_changes: visible.length,
    missed_of_visible_percent: share(missed, visible.length),
    changes_found_percent: share(red, changed),
    changes_called_no_change_percent: share(green, changed),
    cannot_tell_percent: share(cannotTell, count),
    runs_per_pull_request: round(runs / count),
    ratio_of_5_percent: reds(isRedByRatio),
    mann_whitney_5_runs: reds(isRedByRanks),
  };
}

function pullRequest(isUnchanged: boolean, noise: RelativeNoise, random: Random): PullRequest {
  const n = HISTORY.least + Math.floor(random() * (HISTORY.most - HISTORY.least));
  const change_percent = isUnchanged ? 0 : 3 + 17 * random();
  const values = Array.from(noise.values(n + RANKED_RUNS, random), (value) => LEVEL * (1 + value));
  const runs = values.slice(n).map((value) => value * (1 + change_percent / 100));
  return { change_percent, history: values.slice(0, n), runs };
}

/** As a job does: one run, and more of them while it can't be told. */
function judge({ history, runs }: PullRequest): { said: SeriesVerdict; runs: number } {
  const base = history.map((value, at) =>
    point(`main-${at}`, value, { branch: 'main', commit: `commit-of-main-${at}` }),
  );
  const source = { pull_request: 1, commit: 'commit-of-the-request', base: 'main' };
  for (let measured = 1; ; measured++) {
    const heads = runs.slice(0, measured).map((value, at) => point(`head-${at}`, value, source));
    const said = judgeSeries(
      {
        ...{ head: { run_id: 'head-0', source }, points: [...base, ...heads], findings: [], accepted: [] },
        ...{ direction: 'lower_is_better', unit: 'ms' },
      },
      settings,
    );
    if (said === undefined) throw new Error('the pull request has no verdict');
    if (said.verdict !== 'cannot_tell' || measured === MAX_RUNS) return { said, runs: measured };
  }
}

function point(run_id: string, value: number, source: HistoryPoint['source']): HistoryPoint {
  const measured_at = new Date(0).toISOString();
  return { run_id, task_id: 'task', value, ci_low: null, ci_high: null, steady: null, measured_at, source };
}
