import { WHY_SUBJECT, type WhyReply, type WhyRequest, whyRequest } from '@benchwire/shared/contracts/scheduler.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { Fleet } from '../fleet/fleet.ts';
import { explain, taskNamed } from '../placement/why.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';

interface AnswerWhyOptions {
  nats: NatsConnection;
  jetstream: JetStreamClient;
  fleet: Fleet;
  log: Log;
  now: () => number;
}

/** Answers why a task is where it is. Only the leader knows, and only of runs that are open. */
export function answerWhy({ nats, jetstream, fleet, log, now }: AnswerWhyOptions, state: SchedulerState): Running {
  return respond<WhyRequest, WhyReply>(nats, jetstream, log, {
    subject: WHY_SUBJECT,
    schema: whyRequest,
    refuse: (issues) => ({ ok: false, issues }),
    handle: async ({ run_id, task_id }) => {
      const run = state.runs.get(run_id);
      if (run === undefined)
        return refusal('run_id', 'run_not_open', `run ${run_id} is not running: it has finished, or is unknown`);
      const task = taskNamed(run, task_id);
      if (task === undefined) return refusal('task_id', 'unknown_task', `run ${run_id} has no task "${task_id}"`);
      const { phase } = task;
      if (phase === 'done') {
        return refusal('task_id', 'task_over', `${task.task_id} has finished: it ended as ${task.status ?? 'unknown'}`);
      }
      return { ok: true, task: explain(state, fleet, task, phase, now()) };
    },
    rejected_where: 'why',
    max_concurrent: 16,
  });
}

function refusal(path: string, code: string, message: string): WhyReply {
  return { ok: false, issues: [{ path, code, message }] };
}
