import type { WrittenText } from '../request-text/read-request-text.ts';
import { limitIssues, parseWith } from '../runtime/issues.ts';
import { expand } from './expand.ts';
import { type Issue, type Request, request } from './request.ts';
import { asRequest, type Submission, sourceAtOf, submittedPath } from './submission.ts';
import type { Task } from './task.ts';

/** What a door has read of what was submitted, with its scalars as they were written, for messages. */
export type Arrived = Pick<WrittenText, 'value' | 'sources'>;

/** A request that can become a run. */
export interface Submittable {
  request: Request;
  tasks: Task[];
  /** As the user wrote it, without the defaults: much smaller with many tasks, and read back to the same request. */
  written: unknown;
}
export type CheckedSubmission = ({ ok: true } & Submittable) | { ok: false; issues: Issue[] };

/**
 * What every door checks (HTTP, NATS, Kafka, files of `bw`): what was submitted, a request or a single task, as far as that is
 * possible without the fleet: the schema, the dependencies, the matrix. Paths of issues are those of what was submitted. Pure.
 * @param default_request_id - for a request that brings none; it becomes part of the request
 */
export function checkSubmission({ value, sources }: Arrived, default_request_id?: string): CheckedSubmission {
  if (Array.isArray(value)) return { ok: false, issues: [A_LIST] };
  const submission = withRequestId(asRequest(value), default_request_id);
  const refuse = (issues: readonly Issue[]): CheckedSubmission => ({
    ok: false,
    issues: limitIssues(issues).map((issue) => ({ ...issue, path: submittedPath(issue.path, submission) })),
  });
  const parsed = parseWith(request, submission.request, sourceAtOf(submission, sources));
  if (!parsed.ok) return refuse(parsed.issues);
  const expansion = expand(parsed.value);
  if (!expansion.ok) return refuse(asWritten(expansion.issues, parsed.value, sources));
  return { ok: true, request: parsed.value, tasks: expansion.tasks, written: submission.request };
}

const A_LIST: Issue = {
  path: '(message)',
  code: 'invalid_type',
  message: 'a request is an object, and this is a list: write the tasks below "tasks:"',
};

function withRequestId(submitted: Submission, request_id: string | undefined): Submission {
  const { request: value } = submitted;
  if (request_id === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return submitted;
  return 'request_id' in value ? submitted : { ...submitted, request: { request_id, ...value } };
}

/** Shows the values of a matrix as they were written. */
function asWritten(issues: readonly Issue[], parsed: Request, sources: ReadonlyMap<string, string>): readonly Issue[] {
  if (issues.every(({ code }) => code !== 'matrix_value')) return issues;
  const axes = Object.entries(parsed.matrix ?? {}).flatMap(([axis, values]) =>
    values.flatMap((value, index) => {
      const source = sources.get(`matrix.${axis}[${index}]`);
      return source === undefined
        ? []
        : [{ written: `${axis}=${source}`, read: `${axis}=${JSON.stringify(value)}`, value, source }];
    }),
  );
  if (axes.length === 0) return issues;
  return issues.map((issue) => {
    const axis = issue.code === 'matrix_value' ? axes.find(({ read }) => issue.message.includes(read)) : undefined;
    if (axis === undefined) return issue;
    const message = issue.message
      .replace(axis.read, () => axis.written)
      .replace(
        `but this is ${axis.value}: put it in quotes, "${axis.value}"`,
        () => `but this is ${axis.source}: put it in quotes, "${axis.source}"`,
      );
    return { ...issue, message };
  });
}
