import { acceptRun } from '@benchwire/shared/client/accept.ts';
import { type ChangedFiles, changedFilesIssue } from '@benchwire/shared/client/changed-files.ts';
import { decideRuns, type RunDecision } from '@benchwire/shared/client/decide-runs.ts';
import { ClientError } from '@benchwire/shared/client/errors.ts';
import { FILES_DIFFER, requestToRepeat } from '@benchwire/shared/client/repeat-run.ts';
import { runReport } from '@benchwire/shared/client/run-report.ts';
import type { DecidedRuns, runApi } from '@benchwire/shared/contracts/api/runs.ts';
import { runId } from '@benchwire/shared/contracts/ids.ts';
import { RUN_SORTS, TASK_SORTS } from '@benchwire/shared/contracts/list-sort.ts';
import type { QueryParameters } from '@benchwire/shared/contracts/query.ts';
import { type RunStatus, statusesFoundBy } from '@benchwire/shared/contracts/run-status.ts';
import { renderReport } from '@benchwire/shared/report/render-report.ts';
import { z } from 'zod';
import { dryRunOf } from '../decide/read-request.ts';
import { HttpProblem, notFound } from '../problem.ts';
import { sourcesOf } from '../read-bodies.ts';
import { answerReport } from './answer-report.ts';
import { eventPlace } from './events.ts';
import { decodeCursor, instant, onePage, page, sortedValue, wrongCursor } from './page.ts';
import { resultsOfRun } from './results-of-run.ts';
import type { Call, Handlers } from './route.ts';
import { findRun, withStatus } from './run-now.ts';
import { submitFor } from './submit-for.ts';

/** The last run of a page. */
const runPlace = z.strictObject({ sort: z.enum(RUN_SORTS), value: sortedValue, run_id: runId });

/** The last task of a page. */
const taskPlace = z.strictObject({ sort: z.enum(TASK_SORTS), value: sortedValue, task_id: z.string() });

type RunFilter = '' | 'open' | 'accepted' | 'finished' | RunStatus | undefined;

function statesOf(filter: RunFilter): Pick<QueryParameters<'runs'>, 'states' | 'statuses'> {
  switch (filter) {
    case undefined:
    case '':
      return {};
    case 'open':
      return { states: ['accepted', 'cancelling'] };
    case 'accepted':
    case 'finished':
      return { states: [filter] };
    default:
      return { statuses: statusesFoundBy(filter) };
  }
}

function statesDiffer(state: string, status: string): HttpProblem {
  const message = `"state" is another name of "status": they say "${state}" and "${status}"; leave one out`;
  return new HttpProblem(400, 'QUERY_INVALID', 'The query is not valid.', [
    { path: 'state', code: 'differs', message },
  ]);
}

function filesDiffer(changed: readonly ChangedFiles[]): HttpProblem {
  const detail = `${FILES_DIFFER}, or repeat with files=as_they_are: then the new run says what it measured.`;
  return new HttpProblem(409, 'FILES_DIFFER', detail, changed.slice(0, 100).map(changedFilesIssue));
}

type DecideCall = Pick<Call<(typeof runApi)['POST /api/archived-runs']>, 'gateway' | 'body' | 'caller'>;

const decide =
  (decision: RunDecision) =>
  ({ gateway, body: { run_ids, reason }, caller }: DecideCall): Promise<DecidedRuns> =>
    decideRuns(gateway.client.nats, { decision, run_ids, reason, by: caller.subject, now: new Date() });

export const runHandlers: Handlers<typeof runApi> = {
  'GET /api/runs': async ({
    gateway,
    query: { state, status, verdict, since, until, archived, cursor, ...filters },
  }) => {
    if (state && status && state !== status) throw statesDiffer(state, status);
    const place = decodeCursor(cursor, runPlace);
    if (place !== undefined && place.sort !== filters.sort) throw wrongCursor();
    const after = place && { value: place.value, run_id: place.run_id };
    const answer = await gateway.client.query('runs', {
      ...{ ...filters, ...statesOf(status || state), since: instant(since), until: instant(until), after },
      archived: archived || undefined,
      ...(verdict === undefined || verdict === '' ? {} : { verdicts: [verdict] }),
    });
    const { items, next_cursor } = page(answer, ({ sort_value = '', run_id }) => ({
      ...{ sort: filters.sort, value: sort_value, run_id },
    }));
    return { items: items.map(withStatus), next_cursor };
  },

  'POST /api/runs': async ({ gateway, query: { dry_run }, body, request, reply, caller }) => {
    const written = { value: body, sources: sourcesOf(request) };
    if (dry_run) {
      reply.code(200);
      return dryRunOf(written);
    }
    const refuse = (): void => {
      const { issues } = dryRunOf(written);
      if (issues.length > 0) throw new HttpProblem(422, 'REQUEST_INVALID', 'The request is not valid.', issues);
    };
    if (typeof body !== 'object' || body === null || Array.isArray(body)) refuse();
    return await submitFor({ gateway, caller, request }, body).catch((error: unknown) => {
      // Only here is known how the values were written.
      if (error instanceof ClientError && error.code === 'REQUEST_INVALID') refuse();
      throw error;
    });
  },

  'GET /api/runs/:run_id': async ({ gateway, params: { run_id } }) => withStatus(await findRun(gateway.client, run_id)),

  'GET /api/runs/:run_id/verdict': async ({ gateway, params: { run_id }, query: { base_run_id } }) => {
    await findRun(gateway.client, run_id);
    return await gateway.client.verdict(run_id, base_run_id);
  },

  'POST /api/runs/:run_id/accept': async ({ gateway, params: { run_id }, body: { reason }, caller }) => {
    await findRun(gateway.client, run_id);
    const options = { by: caller.subject, reason, now: new Date() };
    const series_ids = await acceptRun(gateway.client.nats, run_id, options);
    if (series_ids.length > 0) return { run_id, series_ids };
    throw new HttpProblem(
      422,
      'NOTHING_TO_ACCEPT',
      `Run ${run_id} has nothing to accept: no metric of it is slower than its base.`,
    );
  },

  'GET /api/runs/:run_id/request': async ({ gateway, params: { run_id } }) => {
    const [row] = (await gateway.client.query('request', { run_id })).rows;
    if (row === undefined) throw notFound(`stored request of run ${run_id}`);
    return row;
  },

  'GET /api/runs/:run_id/tasks': async ({ gateway, params: { run_id }, query: { cursor, ...query } }) => {
    const place = decodeCursor(cursor, taskPlace);
    if (place !== undefined && place.sort !== query.sort) throw wrongCursor();
    const after = place && { value: place.value, task_id: place.task_id };
    const answer = await gateway.client.query('tasks', { ...query, run_id, after });
    const { items, next_cursor } = page(answer, ({ sort_value = '', task_id }) => ({
      ...{ sort: query.sort, value: sort_value, task_id },
    }));
    return { items: await gateway.written.describeAll(run_id, items), next_cursor };
  },

  'GET /api/runs/:run_id/results': resultsOfRun,

  'GET /api/runs/:run_id/events': async ({ gateway, params: { run_id }, query: { task_id, limit, cursor } }) => {
    const before = decodeCursor(cursor, eventPlace);
    const answer = await gateway.client.query('events', { run_id, limit, task_id, before });
    return page(answer, ({ at, event_id }) => ({ at, event_id }));
  },

  'GET /api/runs/:run_id/findings': async ({ gateway, params: { run_id }, query: { limit } }) =>
    onePage(await gateway.client.query('findings', { run_id, limit })),

  'GET /api/runs/:run_id/report': async ({ gateway, params: { run_id }, query: { format }, reply }) => {
    const report = await runReport(gateway.client, run_id, new Date());
    if (report === undefined) throw notFound(`run ${run_id}`);
    const name = `benchwire-report-${run_id.slice(0, 13)}`;
    return await answerReport({ gateway, reply, format, name, html: renderReport(report) });
  },

  'POST /api/runs/:run_id/cancel': async ({ gateway, params: { run_id }, body: { reason } }) => {
    await findRun(gateway.client, run_id);
    await gateway.client.cancel(run_id, reason);
    return { run_id };
  },

  'POST /api/archived-runs': decide('archive'),
  'POST /api/restored-runs': decide('restore'),
  'POST /api/deleted-runs': decide('delete'),

  'POST /api/runs/:run_id/repeat': async ({ gateway, params: { run_id }, query: { files } }) => {
    const request = await gateway.written.requestToRepeat(run_id);
    const taskOf = await gateway.written.tasksOfRun(run_id);
    const options = { run_id, request, taskOf, files: files === 'as_they_are' ? files : undefined };
    const again = await requestToRepeat(gateway.client.nats, options);
    if (!again.ok) throw filesDiffer(again.changed);
    return await gateway.client.submitWritten(again.request);
  },
};
