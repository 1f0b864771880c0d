import { z } from 'zod';
import { call } from '../../client/http-client.ts';
import { runId, taskId } from '../../contracts/ids.ts';
import { RUN_STATUSES } from '../../contracts/run-status.ts';
import { fields, percent, type ToolAnswer } from '../answer.ts';
import { defineTool, readSince, type ToolContext } from '../tool.ts';
import { findingLine, lastLines, runLine, subject } from './lines.ts';

const MAX_LOG_LINES = 60;

export const overview = defineTool({
  name: 'overview',
  description: 'What is red now: failing runs, open regressions, problems of the services. Begin here.',
  input: z.object({
    since: z.string().optional().describe('count what is new since then: 24h, monday, 2026-11-01 (default 24h)'),
  }),
  async run({ since = '24h' }, context) {
    const { api } = context;
    const [now, cluster] = await Promise.all([
      api.send(call('GET /api/overview', { query: { since: readSince(since, context) } })),
      api.send(call('GET /api/cluster')),
    ]);
    const head = [
      fields({
        since: now.since,
        finished_runs: now.finished_runs,
        failed_runs: now.failed_runs,
        open_regressions: now.open_regressions,
        suspected: now.suspected_regressions,
        new_regressions: now.new_regressions,
        new_improvements: now.new_improvements,
      }),
      ...cluster.problems.map((problem) => `PROBLEM ${problem}`),
    ];
    const rows = [
      ...now.worst_regressions.map((each) => `REGRESSION ${findingLine(each)}`),
      ...now.failing_runs.map((each) => `FAILING ${runLine(each)}`),
    ];
    return {
      head,
      rows: rows.length === 0 ? ['Nothing is red: no open regression and no failing run.'] : rows,
      hint: 'why_red explains a run, explain_finding a regression.',
    };
  },
});

export const listRuns = defineTool({
  name: 'list_runs',
  description: 'Runs, newest first, with their state and verdict.',
  input: z.object({
    status: z.enum(RUN_STATUSES).optional(),
    verdict: z.enum(['pass', 'warn', 'fail']).optional(),
    search: z.string().max(256).optional().describe('part of the name'),
    commit: z.string().max(256).optional(),
    branch: z.string().max(256).optional(),
    since: z.string().optional().describe('24h, monday, 2026-11-01'),
  }),
  async run({ since, ...filter }, context) {
    const query = { ...filter, ...(since === undefined ? {} : { since: readSince(since, context) }) };
    const { items, next_cursor } = await context.api.send(
      call('GET /api/runs', { query: { ...query, limit: 50, cursor: context.api_cursor } }),
    );
    return { head: items.length === 0 ? ['No such runs.'] : [], rows: items.map(runLine), next_cursor };
  },
});

export const whyRed = defineTool({
  name: 'why_red',
  description:
    'Why a run is red: failed tasks with their errors, metrics that fail its gate, findings. With task_id the attempts of one task and the end of its log. Without run_id the newest red run.',
  input: z.object({ run_id: runId.optional(), task_id: taskId.optional() }),
  async run({ run_id, task_id }, context) {
    const id = run_id ?? (await newestRed(context));
    if (id === undefined) return { head: ['No run is red: none has failed tasks or a failed verdict.'], rows: [] };
    return task_id === undefined ? await whyRun(id, context) : await whyTask(id, task_id, context);
  },
});

async function newestRed({ api }: ToolContext): Promise<string | undefined> {
  const [failed, judged] = await Promise.all([
    api.send(call('GET /api/runs', { query: { status: 'failed', limit: 1 } })),
    api.send(call('GET /api/runs', { query: { verdict: 'fail', limit: 1 } })),
  ]);
  return [...failed.items, ...judged.items].toSorted((a, b) => b.accepted_at.localeCompare(a.accepted_at))[0]?.run_id;
}

async function whyRun(run_id: string, { api }: ToolContext): Promise<ToolAnswer> {
  const params = { run_id };
  const [run, verdict, findings, ...unsuccessful] = await Promise.all([
    api.send(call('GET /api/runs/:run_id', { params })),
    api.send(call('GET /api/runs/:run_id/verdict', { params })),
    api.send(call('GET /api/runs/:run_id/findings', { params })),
    ...(['failed', 'timed_out', 'lost'] as const).map((state) =>
      api.send(call('GET /api/runs/:run_id/tasks', { params, query: { state, limit: 1000 } })),
    ),
  ]);
  const tasks = unsuccessful.flatMap(({ items }) => items);
  const judged = verdict.metrics.filter(({ gate }) => gate === 'fail' || gate === 'warn');
  const rows = [
    ...tasks.map((task) =>
      fields({
        'TASK task_id': task.task_id,
        state: task.state,
        error: `${task.error_class} ${task.error_code}`.trim(),
        message: task.error_message,
        pool: task.pool,
        worker: task.worker_id,
        attempts: task.attempt,
      }),
    ),
    ...judged.map((each) =>
      fields({
        METRIC: each.gate,
        ...subject(each),
        verdict: each.verdict,
        change: percent(each.change_percent),
        reason: each.reason,
        pool: each.pool,
        known_since: each.known_regression?.since_commit.slice(0, 12),
        finding_id: each.known_regression?.finding_id,
        series_id: each.series_id,
      }),
    ),
    ...verdict.warnings.map((warning) => `WARNING ${warning}`),
    ...findings.items.map((each) => `FINDING ${findingLine(each)}`),
  ];
  const is_red = tasks.length > 0 || verdict.outcome === 'fail';
  const truncated = unsuccessful.some(({ next_cursor }) => next_cursor !== null);
  return {
    head: [
      runLine(run),
      `${is_red ? 'RED' : 'NOT RED'}: ${tasks.length}${truncated ? ' or more' : ''} tasks failed; verdict ${verdict.outcome}${verdict.is_final ? '' : ' (so far)'}: ${verdict.summary}`,
    ],
    rows,
    hint: 'why_red with task_id shows a log; how_to_reproduce says how to run it again.',
  };
}

async function whyTask(run_id: string, task_id: string, { api }: ToolContext): Promise<ToolAnswer> {
  const params = { run_id, task_id };
  const [task, { items: attempts }] = await Promise.all([
    api.send(call('GET /api/tasks/:run_id/:task_id', { params })),
    api.send(call('GET /api/tasks/:run_id/:task_id/attempts', { params })),
  ]);
  const head = [
    fields({ run_id, task_id, state: task.state, executor: task.executor, model: task.model, note: task.note }),
    ...attempts.map((each) =>
      fields({
        attempt: each.attempt,
        status: each.status,
        worker: each.worker_id,
        pool: each.pool,
        seconds: each.execution_time_seconds,
        error: `${each.error_class} ${each.error_code}`.trim(),
        message: each.error_message,
      }),
    ),
  ];
  if (task.state === 'waiting') {
    const why = await api.send(call('GET /api/tasks/:run_id/:task_id/why', { params }));
    head.push(`WAITS: ${why.explanation}`);
  }
  const log = lastLines(Buffer.from(attempts.at(-1)?.logs ?? '', 'base64').toString('utf8'), MAX_LOG_LINES);
  return { head, rows: log.length === 0 ? ['The last attempt printed nothing.'] : ['LOG, its last lines:', ...log] };
}
