import { readdirSync } from 'node:fs';
import { BUILT_IN } from '@benchwire/scheduler/src/placement/strategies/built-in.ts';
import { describe, expect, it } from 'vitest';
import { lowerBoundMs } from './simulator/lower-bound.ts';
import { readScenario, type Scenario } from './simulator/scenario.ts';
import { simulate } from './simulator/simulation.ts';
import { summarize } from './simulator/summary.ts';

const names = readdirSync(new URL('./scenarios/', import.meta.url)).map((file) => file.replace(/\.yaml$/, ''));

function run(scenario: Scenario, name: string, warm: boolean): ReturnType<typeof summarize> {
  const strategy = BUILT_IN[name]?.({});
  if (strategy === undefined) throw new Error(`no strategy is called ${name}`);
  return summarize(scenario, simulate(scenario, { strategy, warm }), lowerBoundMs(scenario));
}

describe('the simulator', () => {
  it('places work on mixed hardware within a tenth of what is possible, and far better than first come, first served', () => {
    const scenario = readScenario('heterogeneous');
    const ours = run(scenario, 'fastest_completion', true);
    const fifo = run(scenario, 'fifo', true);
    expect(ours.to_lower_bound).toBeLessThanOrEqual(1.1);
    expect(fifo.makespan_seconds / ours.makespan_seconds).toBeGreaterThanOrEqual(1.3);
    // Without any knowledge at the start, too, whatever the tasks' times turn out to be.
    for (const seed of [1, 2, 3, 4, 5])
      expect(run({ ...scenario, seed }, 'fastest_completion', false).to_lower_bound).toBeLessThanOrEqual(1.15);
    const cold = run(scenario, 'fastest_completion', false);
    expect(run(scenario, 'fifo', false).makespan_seconds / cold.makespan_seconds).toBeGreaterThanOrEqual(1.3);
  });

  it.each(names)('ends every task of %s once, in no less time than the bound', (name) => {
    const scenario = readScenario(name);
    const summary = run(scenario, 'fastest_completion', true);
    const tasks = scenario.work.reduce((sum, work) => sum + work.tasks * work.submissions * work.stages, 0);
    expect(summary.ended).toEqual({ completed: tasks });
    expect(summary.to_lower_bound).toBeGreaterThanOrEqual(1);
    expect(summary.utilization).toBeLessThanOrEqual(1);
  });

  it('gives the same result for the same seed', () => {
    const scenario = readScenario('worker_churn');
    expect(run(scenario, 'fastest_completion', true)).toEqual(run(scenario, 'fastest_completion', true));
  });

  it('shares between tenants by their weights', () => {
    expect(run(readScenario('burst'), 'fastest_completion', true).fairness).toBeGreaterThan(0.99);
  });
});
