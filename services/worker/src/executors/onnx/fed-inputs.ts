import type { FedInput } from '@benchwire/shared/contracts/input-setting.ts';
import { shorten } from '@benchwire/shared/format/shorten.ts';
import type { PlannedInput } from './input-plan.ts';
import { ruleInWords } from './input-values.ts';

/** What one batch size was fed with, by input. */
export type FedInputs = Record<string, FedInput>;

export function fedInputs(plan: readonly PlannedInput[]): FedInputs {
  return Object.fromEntries(
    plan.map(({ name, type, shape, rule, guessed }) => [
      name,
      { type, shape, values: ruleInWords(rule, type), ...(guessed ? { guessed } : {}) },
    ]),
  );
}

/** The inputs of one batch size as a fact of the environment, where every page and report shows it. */
export function inputsInWords(inputs: FedInputs | undefined): { inputs?: string } {
  const each = Object.entries(inputs ?? {}).map(
    ([name, { type, shape, values }]) => `${name} ${type}[${shape.join(', ')}] ${values}`,
  );
  return each.length === 0 ? {} : { inputs: shorten(each.join('; '), 1000) };
}
