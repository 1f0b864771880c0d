import type { Environment } from '@benchwire/shared/contracts/hardware.ts';
import { type Outcome, outcome } from '@benchwire/shared/contracts/outcome.ts';
import { subjectIssues } from '@benchwire/shared/contracts/outcome-claims.ts';
import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';
import { type Parsed, parseWith, readJson } from '@benchwire/shared/runtime/issues.ts';
import { MAX_ATTEMPT } from './versions.ts';

/** An outcome that holds to the contract, with its environment as the text that is stored. */
export interface ReadOutcome {
  outcome: Outcome;
  environment_json: string;
}

const MAX_ENVIRONMENTS = 1000;
/** Longer ones are checked each time. */
const MAX_CHARACTERS = 16_384;

const withoutEnvironment = outcome.omit({ environment: true });

/**
 * Reads outcomes. An environment takes half of the check of a small outcome, and is the same for all outcomes of a device:
 * one that has been checked is known by its text, and kept once.
 */
export class OutcomeReader {
  readonly #environments = new Map<string, Environment>();

  read(bytes: Uint8Array, subject: string): Parsed<ReadOutcome> {
    const json = readJson(bytes);
    if (!json.ok) return json;
    const parsed = this.#parse(json.value);
    if (!parsed.ok) return parsed;
    const { attempt } = parsed.value.outcome;
    const issues = subjectIssues(parsed.value.outcome, subject);
    if (issues.length > 0) return { ok: false, issues };
    if (attempt <= MAX_ATTEMPT) return parsed;
    const message = `must be at most ${MAX_ATTEMPT}, got ${attempt}`;
    return { ok: false, issues: [{ path: 'attempt', code: 'too_big', message }] };
  }

  #parse(value: unknown): Parsed<ReadOutcome> {
    const environment = (value as { environment?: unknown } | null)?.environment;
    if (typeof environment !== 'object' || environment === null) return this.#parseWhole(value);
    const environment_json = JSON.stringify(environment);
    const known = this.#environments.get(environment_json);
    if (known === undefined || !hasValuesOf(environment, known)) return this.#parseWhole(value);
    const parsed = parseWith(withoutEnvironment, value);
    if (!parsed.ok) return parsed;
    return { ok: true, value: { outcome: { ...parsed.value, environment: known }, environment_json } };
  }

  #parseWhole(value: unknown): Parsed<ReadOutcome> {
    const parsed = parseWith(outcome, value);
    if (!parsed.ok) return parsed;
    const { environment } = parsed.value;
    const environment_json = JSON.stringify(environment);
    if (environment_json.length <= MAX_CHARACTERS) {
      this.#environments.set(environment_json, environment);
      forgetOldest(this.#environments, MAX_ENVIRONMENTS);
    }
    return { ok: true, value: { outcome: parsed.value, environment_json } };
  }
}

/** A number too large for JSON.parse has the text of a null. */
function hasValuesOf(environment: object, known: Environment): boolean {
  for (const name in environment) if (known[name] !== (environment as Environment)[name]) return false;
  return true;
}
