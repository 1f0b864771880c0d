import type { Finding, FindingConfirmation, FindingEvidence } from '@benchwire/shared/contracts/finding.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import { IMPORTED } from '@benchwire/shared/contracts/imported.ts';
import { revise } from './finding-book.ts';
import { HELD_BEFORE } from './lasting-change.ts';

export interface ConfirmationOptions {
  /** Re-runs of one suspicion at most; 0 asks for none. */
  runs: number;
  /** Kinds that are worth a re-run. */
  kinds: readonly string[];
}

/** Kinds that say the level moved. */
const LEVEL_KINDS: ReadonlySet<string> = new Set(['regression', 'improvement', 'change']);
/** So many re-runs that agree settle a suspicion. One that doesn't is enough before any has agreed, else the third decides. */
const NEEDED = 2;

/** How many re-runs may still be asked for. */
export class Budget {
  #asked: number[] = [];

  /** Takes one re-run out of the budget of this hour; false when `per_hour` of them are spent. */
  take(now: Date, per_hour: number): boolean {
    const since = now.getTime() - 3_600_000;
    while (this.#asked.length > 0 && (this.#asked[0] as number) < since) this.#asked.shift();
    if (this.#asked.length >= per_hour) return false;
    this.#asked.push(now.getTime());
    return true;
  }
}

/** Idempotency key of the n-th re-run: findings about one attempt share it, since one re-run measures all its metrics. */
function confirmationId(finding: Finding, n: number): string {
  return `confirm-${attemptId(finding)}-${n}`.slice(0, 256);
}

/**
 * The finding with one more re-run asked for, first of a sibling of the device that it was measured on: whatever state that device
 * is in, the sibling is not in it, and most suspicions end there. Then of the device itself. Undefined where none is to be asked.
 * @param wasOn - the worker that measured what is suspected, where that is known
 */
export function askAgain(
  finding: Finding,
  options: ConfirmationOptions,
  mayAsk: (request_id: string) => boolean,
  wasOn: string | null,
  now: Date,
): Finding | undefined {
  if (finding.state !== 'suspected' || !options.kinds.includes(finding.kind)) return undefined;
  // No worker has what another tool measured.
  if (finding.series.executor === IMPORTED) return undefined;
  const { confirmations } = finding;
  if (confirmations.some((each) => each.agrees === null && each.note === '')) return undefined;
  // What lies there now is something else: another re-run would measure that again.
  if (confirmations.some((each) => each.measured_other_files === true)) return undefined;
  if (confirmations.length >= options.runs || (agreeing(confirmations) >= NEEDED && !moreWouldDo(finding)))
    return undefined;
  const request_id = confirmationId(finding, confirmations.length + 1);
  if (!mayAsk(request_id)) return undefined;
  const asked: FindingConfirmation = {
    request_id,
    on: confirmations.length === 1 ? 'same_device' : 'sibling',
    suspected_worker_id: wasOn,
    asked_at: now.toISOString(),
    run_id: null,
    worker_id: null,
    value: null,
    agrees: null,
    note: '',
  };
  return revise(finding, now, { confirmations: [...confirmations, asked] });
}

/** What came back of a re-run. */
export interface Answer {
  /** Null where there was no re-run. */
  run_id: string | null;
  worker_id: string | null;
  value: number | null;
  /** Why there is no value. */
  note: string;
  /** It measured something else than what is suspected. */
  measured_other_files?: true;
}

const agreeing = (confirmations: readonly FindingConfirmation[]): number =>
  confirmations.filter(({ agrees }) => agrees === true).length;

/** Whether re-runs that agree are too few to exclude chance, and another device can be had: one device is one piece of evidence. */
const moreWouldDo = ({ evidence, confirmations }: Finding): boolean =>
  confirmations.some(({ on }) => on === 'sibling') &&
  evidence?.tests.some(({ name, passed }) => name === HELD_BEFORE && passed) === true;

/**
 * The finding after a re-run has come back, settled where enough of them say the same.
 * @param testsOf - what else has to hold before re-runs that agree confirm it (see `ofLastingChange`)
 */
export function answered(
  finding: Finding,
  answer: Answer,
  testsOf: (finding: Finding) => FindingEvidence['tests'],
  now: Date,
): Finding {
  const at = finding.confirmations.findIndex((each) => each.agrees === null && each.note === '');
  if (at < 0) return finding;
  const agrees = answer.value === null ? null : liesBeyond(finding, answer.value);
  const confirmations = finding.confirmations.map((each, i) =>
    i === at ? { ...each, ...answer, on: whereOf(each, answer), agrees } : each,
  );
  if (finding.state !== 'suspected') return revise(finding, now, { confirmations });
  // It waits for further points, and says so also where only its state is shown.
  if (answer.measured_other_files === true)
    return revise(finding, now, { confirmations }, { state: 'suspected', by: 'anomaly', reason: answer.note });
  const yes = agreeing(confirmations);
  const no = confirmations.filter((each) => each.agrees === false).length;
  const values = valuesOf(confirmations);
  if (yes >= NEEDED) {
    const tests = testsOf({ ...finding, confirmations });
    return agreed({ ...finding, confirmations }, tests, values, now);
  }
  if (no >= NEEDED || (no > 0 && yes === 0)) {
    const which = no === 1 ? 'a re-run' : `${no} re-runs`;
    const reason = `${which} measured the level before (${values}): one value was off, the level stayed`;
    return revise(finding, now, { confirmations }, { state: 'went_away', by: 'anomaly', reason });
  }
  return revise(finding, now, { confirmations });
}

/** The finding where enough re-runs agree: confirmed, or waiting for what else has to hold. */
function agreed(finding: Finding, tests: FindingEvidence['tests'], values: string, now: Date): Finding {
  const before = finding.evidence?.tests.filter(({ name }) => !tests.some((test) => test.name === name)) ?? [];
  const evidence = finding.evidence && { ...finding.evidence, tests: [...before, ...tests] };
  const failed = tests.filter(({ passed }) => !passed);
  const waits = failed.map(
    ({ meaning, value, limit }) => `; the next points decide, because ${meaning} (${short(value)}, limit ${limit})`,
  );
  const state = failed.length === 0 ? 'confirmed' : 'suspected';
  const reason = `${agreeing(finding.confirmations)} re-runs measured the new level again (${values})${waits.join('')}`;
  return revise(finding, now, { confirmations: finding.confirmations, evidence }, { state, by: 'anomaly', reason });
}

/** A finding whose re-runs agree and that had to wait, confirmed where the points since then are enough. */
export function waited(
  finding: Finding,
  testsOf: (finding: Finding) => FindingEvidence['tests'],
  now: Date,
): Finding | undefined {
  if (finding.state !== 'suspected' || agreeing(finding.confirmations) < NEEDED) return undefined;
  const tests = testsOf(finding);
  if (tests.length === 0 || tests.some(({ passed }) => !passed)) return undefined;
  return agreed(finding, tests, valuesOf(finding.confirmations), now);
}

/** A finding about imported results, which nobody can measure again, confirmed where the results since then are enough. */
export function followed(
  finding: Finding,
  testsOf: (finding: Finding) => FindingEvidence['tests'],
  now: Date,
): Finding | undefined {
  if (finding.state !== 'suspected' || finding.series.executor !== IMPORTED || !LEVEL_KINDS.has(finding.kind))
    return undefined;
  const tests = testsOf(finding);
  if (tests.length === 0 || tests.some(({ passed }) => !passed)) return undefined;
  const before = finding.evidence?.tests.filter(({ name }) => !tests.some((test) => test.name === name)) ?? [];
  const evidence = finding.evidence && { ...finding.evidence, tests: [...before, ...tests] };
  const reason = 'imported results cannot be measured again, and those since then have stayed at the new level';
  return revise(finding, now, { evidence }, { state: 'confirmed', by: 'anomaly', reason });
}

/** A finding whose re-runs measured other files, confirmed by the points since: no re-run can tell what it is about. */
export function shown(finding: Finding, isShown: (finding: Finding) => boolean, now: Date): Finding | undefined {
  const { state, confirmations } = finding;
  if (state !== 'suspected' || confirmations.every((each) => each.measured_other_files !== true)) return undefined;
  if (!isShown(finding)) return undefined;
  const reason = 'the re-run could not tell, and the points since then have stayed at the new level';
  return revise(finding, now, {}, { state: 'confirmed', by: 'anomaly', reason });
}

const valuesOf = (confirmations: readonly FindingConfirmation[]): string =>
  confirmations.flatMap(({ value }) => (value === null ? [] : [Number(value.toPrecision(4))])).join(', ');

const short = (value: number): string => String(Number(value.toPrecision(3)));

/** Where it ran indeed; as it was asked for where there was no re-run. */
function whereOf({ on, suspected_worker_id }: FindingConfirmation, { worker_id }: Answer): FindingConfirmation['on'] {
  if (worker_id === null) return on;
  return worker_id === suspected_worker_id ? 'same_device' : 'sibling';
}

/** Whether a value is nearer to the new level than to the one before. */
function liesBeyond(finding: Finding, value: number): boolean {
  const middle = (finding.baseline.median + finding.value) / 2;
  return finding.value > finding.baseline.median ? value > middle : value < middle;
}
