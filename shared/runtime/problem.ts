import { STATUS_CODES } from 'node:http';
import type { Problem } from '../contracts/http.ts';
import { newRunId } from '../contracts/ids.ts';

/** What is wrong with a request over HTTP. */
export type Refusal = Pick<Problem, 'status' | 'code' | 'detail'> & { issues?: Readonly<Problem['issues']> };

/**
 * The body of an answer that is no success: `application/problem+json` (RFC 9457).
 * @param request_id - as the log has it; a new one where no request was made of what came in
 */
export function problemDocument({ status, code, detail, issues = [] }: Refusal, request_id = newRunId()): Problem {
  const problem = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, code, request_id };
  return issues.length === 0 ? problem : { ...problem, issues: [...issues] };
}
