import type { JetStreamManager } from '@nats-io/jetstream';
import { expand } from '../contracts/expand.ts';
import { type AskedTask, claimIssues, type OutcomeClaims } from '../contracts/outcome-claims.ts';
import type { Issue } from '../contracts/request.ts';
import { pluginOf } from '../contracts/task.ts';
import { acceptedRequest } from './accepted-request.ts';

/** Tasks of runs that are remembered; the runs that were asked for longest ago go first. */
const MAX_TASKS = 200_000;

interface Asked {
  tasks: ReadonlyMap<string, AskedTask>;
  /** Tasks that have a copy for each pool, under ids of their own. */
  each: ReadonlyArray<{ task_id: string; asked: AskedTask }>;
}

/**
 * What was asked of the tasks of a run, for services that read outcomes and know nothing of runs: from the event with
 * which the scheduler accepted it. A run whose event is not in EVENTS (any more) is not judged.
 */
export class AskedTasks {
  readonly #manager: JetStreamManager;
  readonly #runs = new Map<string, Asked>();
  #remembered = 0;

  constructor(manager: JetStreamManager) {
    this.#manager = manager;
  }

  /** Where each of some outcomes does not agree with what was asked, in their order. */
  async issuesOf(outcomes: readonly OutcomeClaims[]): Promise<Issue[][]> {
    const runs = new Map<string, Asked | undefined>();
    for (const { run_id } of outcomes) if (!runs.has(run_id)) runs.set(run_id, await this.#asked(run_id));
    return outcomes.map((outcome) => {
      const asked = runs.get(outcome.run_id);
      return asked === undefined ? [] : issuesWith(asked, outcome);
    });
  }

  async #asked(run_id: string): Promise<Asked | undefined> {
    const known = this.#runs.get(run_id);
    if (known !== undefined) return known;
    const asked = await this.#read(run_id);
    if (asked === undefined) return undefined;
    this.#runs.set(run_id, asked);
    this.#remembered += asked.tasks.size;
    for (const [oldest, { tasks }] of this.#runs) {
      if (this.#remembered <= MAX_TASKS || oldest === run_id) break;
      this.#runs.delete(oldest);
      this.#remembered -= tasks.size;
    }
    return asked;
  }

  async #read(run_id: string): Promise<Asked | undefined> {
    const request = await acceptedRequest(this.#manager, run_id).catch(() => undefined);
    const expansion = request === undefined ? undefined : expand(request);
    if (expansion?.ok !== true) return undefined;
    const tasks = new Map<string, AskedTask>();
    const each: Array<{ task_id: string; asked: AskedTask }> = [];
    for (const task of expansion.tasks) {
      const { task_id, benchmark, executor, config, retry_policy, pool, placement, made_of } = task;
      const asked = { benchmark, executor, config, retry_policy, pool, made_of, ...pluginOf(task) };
      tasks.set(task_id, asked);
      if (placement === 'each') each.push({ task_id, asked });
    }
    return { tasks, each };
  }
}

function issuesWith({ tasks, each }: Asked, outcome: OutcomeClaims): Issue[] {
  const asked =
    tasks.get(outcome.task_id) ?? each.find(({ task_id }) => outcome.task_id.startsWith(`${task_id}--`))?.asked;
  if (asked !== undefined) return claimIssues(asked, outcome);
  // Copies of tasks with long ids have ids that do not tell which task they are of.
  if (each.length > 0) return [];
  return [{ path: 'task_id', code: 'unknown_task', message: `the run has no task "${outcome.task_id}"` }];
}
