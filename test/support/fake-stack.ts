import { fitReply } from '@benchwire/aggregator/src/decide/fit-reply.ts';
import { type BenchEvent, eventSubject, type RunCounts } from '@benchwire/shared/contracts/event.ts';
import { expand } from '@benchwire/shared/contracts/expand.ts';
import {
  type Finding,
  SETTLED_SUBJECT,
  type SettledReply,
  settledRequest,
} from '@benchwire/shared/contracts/finding.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomeMessageId, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { QUERIES, type QueryName, type QueryReply, querySubject } from '@benchwire/shared/contracts/query.ts';
import {
  CANCEL_SUBJECT,
  cancelRequest,
  type Issue,
  type Request,
  request,
  SUBMIT_SUBJECT,
} from '@benchwire/shared/contracts/request.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import {
  type RunVerdict,
  VERDICT_SUBJECT,
  type VerdictReply,
  verdictRequest,
} from '@benchwire/shared/contracts/verdict.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import { z } from 'zod';
import type { NatsFixture } from './nats-fixture.ts';

type Rows = ReadonlyArray<Record<string, unknown>>;

/**
 * The far side of what `bw` talks to, in a few lines on a real NATS server: it accepts requests with the shared
 * contracts, answers queries with given rows, and publishes what a test tells it to.
 */
export class FakeStack {
  readonly submitted: Array<{ run_id: string; request: Request; tasks: Task[] }> = [];
  readonly cancelled: string[] = [];
  readonly rows: Partial<Record<QueryName, Rows>> = {};
  readonly asked: Array<{ name: string; parameters: unknown }> = [];
  /** All rows of a query that is answered in pages, by task id. */
  readonly pages: Partial<Record<'tasks' | 'results', ReadonlyArray<Record<string, unknown> & { task_id: string }>>> =
    {};
  findings: Finding[] = [];
  /** The anomaly service's answer, where it is not that the findings above are all. */
  settled: SettledReply | undefined;
  /** What the anomaly service says of a run; it refuses without. */
  verdict: RunVerdict | undefined;
  /** Called for each accepted run; a test drives the run from here. */
  onSubmit: (run: { run_id: string; tasks: Task[] }) => Promise<void> = async () => {};
  #fixture: Pick<NatsFixture, 'nats' | 'client' | 'log'>;
  #running: Running[] = [];
  #ended: Rows = [];

  constructor(fixture: Pick<NatsFixture, 'nats' | 'client' | 'log'>) {
    this.#fixture = fixture;
  }

  start(): void {
    const { nats, client, log } = this.#fixture;
    const refuse = (issues: Issue[]) => ({ ok: false, issues });
    const common = { refuse, max_concurrent: 10 };
    const answer = <Q>(subject: string, schema: z.ZodType<Q>, handle: (question: Q) => Promise<object>): void => {
      this.#running.push(respond(nats, client, log, { ...common, subject, schema, handle }));
    };
    answer(SUBMIT_SUBJECT, request, async (asked) => {
      const expansion = expand(asked);
      if (!expansion.ok) return { ok: false, issues: expansion.issues };
      const run = { run_id: newRunId(), request: asked, tasks: expansion.tasks };
      this.submitted.push(run);
      // The reply leaves first, as it does where scheduler and ingest are two services.
      setImmediate(() => void this.onSubmit(run));
      return { ok: true, run_id: run.run_id, task_count: run.tasks.length, duplicate: false };
    });
    answer(CANCEL_SUBJECT, cancelRequest, async ({ run_id }) => {
      this.cancelled.push(run_id);
      return { ok: true, run_id };
    });
    answer(SETTLED_SUBJECT, settledRequest, async () => this.settled ?? { ok: true, findings: this.findings });
    answer(VERDICT_SUBJECT, verdictRequest, async (): Promise<VerdictReply> => {
      if (this.verdict !== undefined) return { ok: true, verdict: this.verdict };
      return { ok: false, issues: [{ path: 'run_id', code: 'unknown_run', message: 'nothing is known of it' }] };
    });
    for (const name of Object.keys(QUERIES) as QueryName[]) {
      answer(querySubject(name), z.unknown(), async (parameters): Promise<QueryReply> => {
        this.asked.push({ name, parameters });
        if ((name === 'tasks' || name === 'results') && this.pages[name] !== undefined) {
          const { after_task_id = '', limit = 1000 } = parameters as { after_task_id?: string; limit?: number };
          const left = this.pages[name].filter((row) => row.task_id > after_task_id);
          const page = { ok: true as const, columns: [], rows: left.slice(0, limit), truncated: left.length >= limit };
          return fitReply(page, Number.MAX_SAFE_INTEGER, 'task_id');
        }
        const rows = [...(this.rows[name] ?? (name === 'run' ? this.#ended : []))];
        return { ok: true, columns: Object.keys(rows[0] ?? {}), rows, truncated: false };
      });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((each) => each.stop()));
  }

  async outcome(outcome: Outcome): Promise<void> {
    const id = outcomeMessageId(outcome);
    await publish(this.#fixture.client, outcomeSubject(outcome), JSON.stringify(outcome), { id });
  }

  async event(event: Partial<BenchEvent> & Pick<BenchEvent, 'entity' | 'kind' | 'run_id'>): Promise<void> {
    const whole: BenchEvent = {
      v: 1,
      event_id: newRunId(),
      at: new Date().toISOString(),
      task_id: null,
      attempt: null,
      worker_id: null,
      pool: null,
      message: '',
      ...event,
    };
    await publish(this.#fixture.client, eventSubject(whole), JSON.stringify(whole), { id: whole.event_id });
  }

  /** The run event `finished`, with what its tasks' outcomes add up to. */
  async finish(run_id: string, outcomes: ReadonlyArray<Pick<Outcome, 'status'>>): Promise<void> {
    const counts: RunCounts = { total: outcomes.length, completed: 0, failed: 0, timed_out: 0, cancelled: 0, lost: 0 };
    for (const { status } of outcomes) counts[status]++;
    const times = { accepted_at: new Date().toISOString(), finished_at: new Date().toISOString() };
    const row = { run_id, name: '', state: 'finished', source: null, tags: {}, waiting: 0, running: 0 };
    this.#ended = [{ ...row, ...counts, ...times }];
    await this.event({ entity: 'run', kind: 'finished', run_id, message: 'all tasks are over', data: { counts } });
  }
}

/** An outcome of a task, completed unless told otherwise. */
export function outcomeOf(run_id: string, task: Task, changes: Partial<Outcome> = {}): Outcome {
  const now = new Date().toISOString();
  return {
    v: 1,
    run_id,
    task_id: task.task_id,
    attempt: 1,
    max_attempts: task.retry_policy.max_retries + 1,
    status: 'completed',
    error: null,
    worker_id: 'worker-lab',
    device_id: 'cpu-0',
    pool: 'cpu-1a2b3c4d',
    fingerprint: 'f1',
    benchmark: task.benchmark ?? 'x',
    executor: task.executor,
    model: 'model' in task.config ? (task.config.model ?? null) : null,
    precision: null,
    scenario: null,
    variant: '',
    request_name: null,
    source: null,
    tags: {},
    queued_at: now,
    started_at: now,
    finished_at: now,
    execution_time_seconds: 1.5,
    results: {},
    hardware_metrics: null,
    environment: {},
    simulation_status: { is_simulated: task.executor === 'noop' },
    logs: null,
    ...changes,
  };
}

/** A row of the query `tasks`. */
export function taskRowOf(
  run_id: string,
  task_id: string,
  state: string,
): Record<string, unknown> & { task_id: string } {
  return {
    ...{ run_id, task_id, state, attempt: 1, executor: 'noop', benchmark: 'x', model: '', pool: '', worker_id: '' },
    ...{ started_at: null, finished_at: null, execution_time_seconds: null },
    ...{ error_class: '', error_code: '', error_message: '' },
  };
}
