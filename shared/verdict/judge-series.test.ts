import { describe, expect, it } from 'vitest';
import type { Source } from '../contracts/request.ts';
import { DEFAULT_SETTINGS } from '../detect/settings.ts';
import { normal } from '../stats/normal.ts';
import { createRandom } from '../stats/random.ts';
import type { HistoryPoint, LineFinding } from './history.ts';
import { judgeSeries, type SeriesVerdict } from './judge-series.ts';

const settings = {
  main_branches: ['main', 'master', 'release/*'],
  single: { threshold: 5, window: 50, min_runs: 5 },
  levels: DEFAULT_SETTINGS,
};

/** A project whose commits are measured: each point has the value of its commit's level and normal noise of 1 %. */
class Project {
  readonly points: HistoryPoint[] = [];
  readonly findings: LineFinding[] = [];
  accepted: Array<{ about_at: string; by: string; reason: string }> = [];
  #random = createRandom(7);
  #noise: number;

  constructor(noise = 0.01) {
    this.#noise = noise;
  }

  measure(source: Source | null, level = 100): string {
    const run_id = `run-${this.points.length}`;
    const value = level * (1 + this.#noise * Math.max(-2, Math.min(2, normal(this.#random))));
    const measured_at = new Date(Date.UTC(2026, 0, 1) + this.points.length * 60_000).toISOString();
    this.points.push({ run_id, task_id: 't', value, ci_low: null, ci_high: null, steady: null, measured_at, source });
    return run_id;
  }

  main(commits: readonly string[], level = 100): string {
    return commits.map((commit) => this.measure({ commit, branch: 'main' }, level)).at(-1) ?? '';
  }

  found(run_id: string, state: LineFinding['state'] = 'confirmed'): void {
    this.findings.push({ finding_id: `finding-of-${run_id}`, kind: 'regression', state, run_id, task_id: 't' });
  }

  accept(run_id: string): void {
    const about_at = this.points.find((point) => point.run_id === run_id)?.measured_at ?? '';
    this.accepted.push({ about_at, by: 'ada', reason: 'a better answer costs time' });
  }

  judge(run_id: string, base_run_id?: string): SeriesVerdict {
    const source = this.points.find((point) => point.run_id === run_id)?.source ?? null;
    const { points, findings, accepted } = this;
    const question = { head: { run_id, source }, points, findings, accepted, base_run_id };
    const said = judgeSeries({ ...question, direction: 'lower_is_better', unit: 'ms' }, settings);
    if (said === undefined) throw new Error(`run ${run_id} has no point`);
    return said;
  }
}

const commits = (from: number, to: number, prefix = 'c'): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${prefix}${from + i}`);

describe('a pull request', () => {
  it('that is slower is slower however often it is measured or pushed again, and moves nothing', () => {
    const project = new Project();
    project.main(commits(1, 8));
    const request = (commit: string): Source => ({ commit, pull_request: 7, base: 'main' });
    const first = project.measure(request('p1'), 115);
    expect(project.judge(first)).toMatchObject({ verdict: 'slower', repetitions: 1, known_regression: null });
    const again = project.measure(request('p1'), 115);
    expect(project.judge(again)).toMatchObject({ verdict: 'slower', repetitions: 2, run_ids: [first, again] });
    expect(project.judge(again).reason).toMatch(
      /the middle of 2 repetitions in 2 runs, against .* of main \(8 points, c1 to c8\): \+1\d\.\d % \(95 % interval/,
    );
    expect(project.judge(project.measure(request('p2'), 115)).verdict).toBe('slower');
    expect(project.judge(project.main(['c9'])).verdict).toBe('no_change');
    expect(project.judge(project.measure({ commit: 'q1', branch: 'other', base: 'main' }, 115)).verdict).toBe('slower');
    expect(project.judge(first).verdict).toBe('slower');
  });

  it('whose red run was one wild value is green once it was measured not to be so', () => {
    const project = new Project();
    project.main(commits(1, 20));
    const source = { commit: 'p1', pull_request: 7, base: 'main' };
    const red = project.measure(source, 120);
    expect(project.judge(red).verdict).toBe('slower');
    project.measure(source, 100);
    expect(project.judge(red)).toMatchObject({ verdict: 'cannot_tell', repetitions: 2 });
    project.measure(source, 100);
    expect(project.judge(red)).toMatchObject({ verdict: 'no_change', repetitions: 3 });
  });

  it('is compared with its base commit, not with what main became', () => {
    const project = new Project();
    project.main(commits(1, 12));
    project.main(commits(13, 30), 80);
    expect(project.judge(project.measure({ commit: 'p1', branch: 'old', base: 'c12' })).verdict).toBe('no_change');
    expect(project.judge(project.measure({ commit: 'p2', branch: 'old', parents: ['p1'] })).verdict).toBe('slower');
    expect(project.judge(project.measure({ commit: 'p3', branch: 'older', parents: ['c12'] })).verdict).toBe(
      'no_change',
    );
    expect(project.judge(project.measure({ commit: 'p4', branch: 'new', base: 'main' })).verdict).toBe('slower');
    expect(project.judge(project.measure({ commit: 'p5', branch: 'new', base: 'never' })).reason).toContain(
      'nothing was measured at its base never',
    );
  });

  it('that was accepted is green, and later commits of it are compared with the accepted one', () => {
    const project = new Project();
    project.main(commits(1, 20));
    const request = (commit: string): Source => ({ commit, pull_request: 7, base: 'main' });
    const first = project.measure(request('p1'), 115);
    project.accept(first);
    expect(project.judge(first)).toMatchObject({ verdict: 'slower', accepted: { by: 'ada' } });
    expect(project.judge(project.measure(request('p2'), 115))).toMatchObject({ verdict: 'no_change' });
    expect(project.judge(project.measure(request('p3'), 140))).toMatchObject({ verdict: 'slower', accepted: null });
    const merged = project.measure({ commit: 'p1', branch: 'main' }, 115);
    expect(project.judge(merged).accepted).not.toBeNull();
    expect(project.judge(project.main(['c22'], 115))).toMatchObject({ verdict: 'no_change', known_regression: null });
  });
});

describe('a main line', () => {
  it('with an open regression has later runs known as regressed until it is fixed or accepted', () => {
    const project = new Project();
    project.main(commits(1, 8));
    const bad = project.main(['c9'], 115);
    expect(project.judge(bad)).toMatchObject({ verdict: 'slower', known_regression: null });
    project.found(bad);
    for (const commit of commits(10, 15)) {
      const run = project.main([commit], 115);
      expect(project.judge(run), commit).toMatchObject({ verdict: 'slower', known_regression: { since_run_id: bad } });
    }
    expect(project.judge(project.main(['c16'], 140))).toMatchObject({ verdict: 'slower', known_regression: null });
    expect(project.judge(project.main(['c17']))).toMatchObject({ verdict: 'no_change', known_regression: null });
    project.accept(bad);
    expect(project.judge('run-13')).toMatchObject({ verdict: 'no_change', known_regression: null });
  });

  it('that nobody has found regressed yet is red all the same', () => {
    const project = new Project();
    project.main(commits(1, 20));
    for (const commit of commits(21, 30)) {
      const said = project.judge(project.main([commit], 110));
      expect(said.verdict, said.reason).toBe('slower');
    }
  });

  it('whose regression was dismissed has the new level', () => {
    const project = new Project();
    project.main(commits(1, 20));
    const bad = project.main(['c21'], 110);
    project.main(commits(22, 32), 110);
    project.found(bad, 'dismissed');
    expect(project.judge(project.main(['c33'], 110))).toMatchObject({ verdict: 'no_change', known_regression: null });
  });

  it('of a release starts from the level that it left the trunk at', () => {
    const project = new Project();
    project.main(commits(1, 12));
    project.main(commits(13, 25), 80);
    const release = (commit: string, level: number): string =>
      project.measure({ commit, branch: 'release/1', base: 'c12' }, level);
    expect(project.judge(release('r1', 100))).toMatchObject({ verdict: 'no_change', baseline: { points: 12 } });
    expect(project.judge(release('r2', 115)).verdict).toBe('slower');
    expect(project.judge(project.main(['c26'], 80)).verdict).toBe('no_change');
  });

  it('takes a late result of an old commit at its place', () => {
    const project = new Project();
    const at = (position: number): Source => ({ commit: `c${position}`, branch: 'main', position });
    for (let position = 1; position <= 12; position++) if (position !== 7) project.measure(at(position));
    for (let position = 13; position <= 30; position++) project.measure(at(position), 80);
    const late = project.measure(at(7));
    expect(project.judge(late)).toMatchObject({ verdict: 'no_change', baseline: { to_commit: 'c6' } });
    expect(project.judge(project.measure(at(31), 80)).verdict).toBe('no_change');
  });
});

it('of too much noise says that it can not tell, what it would see, and how many more runs would do', () => {
  const project = new Project(0.25);
  project.main(commits(1, 30));
  const said = project.judge(project.measure({ commit: 'p1', pull_request: 1 }, 115));
  expect(said.verdict).toBe('cannot_tell');
  expect(said.minimum_detectable_percent).toBeGreaterThan(100);
  expect(said.reason).toMatch(/can't tell, because it is too noisy; only a change of \d+\.\d % would be seen/);
  const moderate = new Project(0.02);
  moderate.main(commits(1, 40));
  const run = moderate.judge(moderate.measure({ commit: 'p1', pull_request: 1 }, 104));
  expect(run).toMatchObject({ verdict: 'cannot_tell', more_repetitions: expect.any(Number) });
});

it('without a base is new, and with a short one says what is missing', () => {
  const project = new Project();
  expect(project.judge(project.main(['c1']))).toMatchObject({ verdict: 'new', baseline: null, change_percent: null });
  project.main(commits(2, 3));
  const said = project.judge(project.main(['c4']));
  expect(said.verdict).toBe('cannot_tell');
  expect(said.reason).toContain('its base has 3 points, and 5 are needed');
});

it('two runs are compared with the noise of their series', () => {
  const project = new Project();
  project.main(commits(1, 20));
  const before = project.measure({ commit: 'x1', branch: 'x' }, 100);
  const after = project.measure({ commit: 'x2', branch: 'x' }, 115);
  expect(project.judge(after, before)).toMatchObject({ verdict: 'slower', baseline: { line: 'x1', points: 1 } });
  expect(project.judge(before, after).verdict).toBe('faster');
});
