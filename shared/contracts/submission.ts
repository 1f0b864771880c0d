/** A single task, as the seed format has it, or a request. */
export interface Submission {
  /** What is to be checked against the contract `request`. */
  request: unknown;
  /** The text before a path of `request` that the submitted message does not have: `tasks[0].` for a single task. */
  path_prefix: string;
}

/**
 * Everything that takes requests takes a single task as well: an object without `tasks` that has what only tasks have.
 * Anything else is left as it is, for the request's schema to judge.
 */
export function asRequest(value: unknown): Submission {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'tasks' in value)
    return { request: value, path_prefix: '' };
  const isTask = 'task_id' in value || 'config' in value || 'executor' in value;
  return isTask ? { request: { tasks: [value] }, path_prefix: 'tasks[0].' } : { request: value, path_prefix: '' };
}

/** A path of the request as the submitted message has it. */
export function submittedPath(path: string, submission: Pick<Submission, 'path_prefix'>): string {
  const { path_prefix } = submission;
  return path_prefix !== '' && path.startsWith(path_prefix) ? path.slice(path_prefix.length) : path;
}

/** Scalars of the request as their author wrote them, from what was read of the submitted message. */
export function sourceAtOf(
  submission: Pick<Submission, 'path_prefix'>,
  sources: ReadonlyMap<string, string>,
): (path: string) => string | undefined {
  return (path) => sources.get(submittedPath(path, submission));
}
