import type { Issue } from '@benchwire/shared/contracts/request.ts';

/** What BullMQ and its workers read as JSON, and what as a number. */
const JSON_FIELDS = ['data', 'progress', 'parent', 'returnvalue'] as const;
const INTEGER_FIELDS = [
  ...['delay', 'priority', 'timestamp', 'processedOn', 'finishedOn'],
  // Times it was started, tried and stalled.
  ...['ats', 'atm', 'attemptsMade', 'stc'],
];

/**
 * What BullMQ has for repeated jobs, families of jobs and jobs that replace others. Benchwire has none, and with these its scripts touch
 * keys that a worker may not: they fail, at each check for stalled jobs again, and find no other stalled job behind.
 */
const FOREIGN_FIELDS = ['rjk', 'nrjid', 'parentKey', 'parent', 'deid'] as const;

/** What of a job's hash BullMQ cannot read, so that neither a worker nor a scheduler could. Pure. */
export function damageOf(fields: Readonly<Record<string, string>>): Issue[] {
  const issues: Issue[] = [];
  for (const field of JSON_FIELDS) {
    const text = fields[field];
    if (text !== undefined && text !== '' && parsed(text) === undefined) issues.push(notJson(field));
  }
  for (const field of FOREIGN_FIELDS) {
    if (fields[field] === undefined) continue;
    issues.push({ path: field, code: 'unrecognized_keys', message: "Benchwire's jobs have no such field" });
  }
  const { opts } = fields;
  if (opts !== undefined && opts !== '') {
    const value = parsed(opts);
    if (value === undefined) issues.push(notJson('opts'));
    else if (typeof value !== 'object' || value === null || Array.isArray(value))
      issues.push({ path: 'opts', code: 'invalid_type', message: 'the job options are not an object' });
  }
  for (const field of INTEGER_FIELDS) {
    const text = fields[field];
    if (text !== undefined && !/^-?\d{1,16}$/.test(text))
      issues.push({
        path: field,
        code: 'invalid_type',
        message: `expected an integer, this is "${text.slice(0, 40)}"`,
      });
  }
  return issues;
}

const notJson = (field: string): Issue => ({ path: field, code: 'invalid_json', message: 'this is not JSON' });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
