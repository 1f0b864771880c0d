import type { DryRun } from '@benchwire/shared/contracts/api/runs.ts';
import { type Arrived, checkSubmission } from '@benchwire/shared/contracts/check-submission.ts';
import { MAX_YAML_BYTES } from '@benchwire/shared/contracts/limits.ts';
import { readRequest, type WrittenText } from '@benchwire/shared/request-text/read-request-text.ts';
import { limitIssues } from '@benchwire/shared/runtime/issues.ts';
import { HttpProblem } from '../problem.ts';

/** A body that was sent as text of that format. @throws HttpProblem 400 for a text that can't be read as it stands, 413 for too much YAML */
export function readBody(body: Uint8Array, format: 'json' | 'yaml'): WrittenText {
  if (format === 'yaml' && body.length > MAX_YAML_BYTES) {
    const limit = `YAML may have ${MAX_YAML_BYTES} bytes, and this has ${body.length}`;
    throw new HttpProblem(413, 'BODY_TOO_LARGE', `${limit}: send it as JSON, which may be larger, or use \`bw run\`.`);
  }
  const read = readRequest(body, format);
  if (read.ok) return read.value;
  const [code, detail] =
    format === 'json'
      ? ['JSON_INVALID', 'The body is not valid JSON.']
      : ['YAML_INVALID', 'The body is not valid YAML.'];
  throw new HttpProblem(400, code, detail, limitIssues(read.issues));
}

/** Checks a request as ingest will, without submitting it: the schema, the dependencies, the matrix. */
export function dryRunOf(written: Arrived): DryRun {
  const checked = checkSubmission(written);
  return checked.ok ? { task_count: checked.tasks.length, issues: [] } : { task_count: 0, issues: checked.issues };
}
