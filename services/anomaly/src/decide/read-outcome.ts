import { hasPhases } from '@benchwire/shared/contracts/all-points.ts';
import { plausibleEnd } from '@benchwire/shared/contracts/clock.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, type OutcomeResults, outcome } from '@benchwire/shared/contracts/outcome.ts';
import { subjectIssues } from '@benchwire/shared/contracts/outcome-claims.ts';
import { isRecord } from '@benchwire/shared/runtime/is-record.ts';
import { type Parsed, parseWith, readJson } from '@benchwire/shared/runtime/issues.ts';
import { CONFIRMS_TAG } from './point-ref.ts';

/** What an outcome means here. Only `measured` has been checked against the contract: the others have nothing to check. */
export type ReadOutcome =
  | { kind: 'nothing'; raw: RawOutcome }
  | { kind: 'unmeasured'; attempt_id: string; run_id: string; why: string; confirms: string | null; raw: RawOutcome }
  | { kind: 'measured'; attempt_id: string; outcome: Outcome; raw: RawOutcome };

/** An outcome's fields before any check. */
export type RawOutcome = Readonly<Record<string, unknown>>;

/**
 * Reads an outcome as far as it matters. Thousands of outcomes without results go by when nothing is measured; they
 * are told apart before the contract's full check (scheduler and aggregator make that one anyway).
 * @param stored_at - when the stream got it: what a worker's clock says may not be later
 */
export function readOutcome(bytes: Uint8Array, subject: string, stored_at: Date): Parsed<ReadOutcome> {
  const json = readJson(bytes);
  if (!json.ok) return json;
  const { value } = json;
  if (isRecord(value)) {
    const { status, results, run_id, task_id, attempt, tags } = value;
    if (status === 'completed' && isRecord(results) && hasNoPoints(results)) {
      return { ok: true, value: { kind: 'nothing', raw: value } };
    }
    if (status !== 'completed' && typeof run_id === 'string' && typeof task_id === 'string') {
      const confirms = isRecord(tags) ? tags[CONFIRMS_TAG] : undefined;
      return {
        ok: true,
        value: {
          kind: 'unmeasured',
          attempt_id: `${run_id}.${task_id}.${String(attempt)}`,
          run_id,
          why: `the re-run ended as ${String(status)}`,
          confirms: typeof confirms === 'string' ? confirms : null,
          raw: value,
        },
      };
    }
  }
  const parsed = parseWith(outcome, value);
  if (!parsed.ok) return parsed;
  const issues = subjectIssues(parsed.value, subject);
  if (issues.length > 0) return { ok: false, issues };
  const finished_at = plausibleEnd(parsed.value, stored_at.getTime());
  const read = { ...parsed.value, finished_at };
  return { ok: true, value: { kind: 'measured', attempt_id: attemptId(read), outcome: read, raw: parsed.value } };
}

/** Before any check: of values that are none the check says what is wrong. */
function hasNoPoints({ batch_sizes, metrics, timings }: Record<string, unknown>): boolean {
  if (!isEmpty(batch_sizes) || !isEmpty(metrics)) return false;
  return !isRecord(timings) || !hasPhases(timings as NonNullable<OutcomeResults['timings']>);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (isRecord(value) && Object.keys(value).length === 0);
}
