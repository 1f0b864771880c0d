import type { InputSetting } from '@benchwire/shared/contracts/input-setting.ts';
import { shorten } from '@benchwire/shared/format/shorten.ts';
import { badInput } from '@benchwire/shared/model/errors.ts';
import type { FileValues } from './input-files.ts';
import type { ElementType } from './tensors.ts';
import type { Scalar, ValueRule } from './value-rule.ts';

export interface ChosenRule {
  rule: ValueRule;
  /** Nobody said it, and the value may matter. */
  guessed: boolean;
}

const INTEGERS: Partial<Record<ElementType, readonly [min: bigint, max: bigint]>> = {
  int8: [-128n, 127n],
  uint8: [0n, 255n],
  int16: [-32_768n, 32_767n],
  uint16: [0n, 65_535n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};
const WORD_LENGTH = 8;

function isInteger(type: ElementType): boolean {
  return INTEGERS[type] !== undefined;
}

/**
 * What an input is filled with: what the request says, else the catalogue's constant, else numbers in [0, 1), 0 and 1, or
 * words at random. Throws `TaskFailure` (bad_input) for values that the input's type does not take.
 */
export function ruleOf(
  name: string,
  type: ElementType,
  setting: InputSetting | undefined,
  file: FileValues | undefined,
  known: number | undefined,
): ChosenRule {
  if (setting !== undefined) return { rule: saidRule(name, type, setting, file), guessed: false };
  if (known !== undefined) return { rule: { kind: 'constant', value: known }, guessed: false };
  if (type === 'string') return { rule: { kind: 'words', length: WORD_LENGTH }, guessed: true };
  return { rule: { kind: 'random', min: 0, max: 1 }, guessed: isInteger(type) || type === 'bool' };
}

function saidRule(name: string, type: ElementType, setting: InputSetting, file: FileValues | undefined): ValueRule {
  if (Array.isArray(setting)) return list(name, type, setting, `a list`);
  if (typeof setting !== 'object') return { kind: 'constant', value: element(name, type, setting) };
  if ('value' in setting) return { kind: 'constant', value: element(name, type, setting.value) };
  if ('range' in setting) return range(name, type, setting.range);
  if ('strings' in setting) {
    if (type !== 'string') throw wrong(name, `takes ${type}, so it cannot be filled with "strings"`);
    if (Array.isArray(setting.strings)) return list(name, type, setting.strings, 'a list');
    return { kind: 'words', length: setting.strings.length };
  }
  if (file === undefined) throw new Error(`the file of ${name} was not read`);
  return fileRule(name, type, file);
}

function range(name: string, type: ElementType, [min, max]: readonly [number, number]): ValueRule {
  if (type === 'string') throw wrong(name, 'takes strings, so it has no range: use "strings"');
  if (type !== 'bool') for (const bound of [min, max]) element(name, type, bound);
  return { kind: 'random', min, max };
}

function list(name: string, type: ElementType, values: readonly unknown[], from: string): ValueRule {
  const shape: number[] = [];
  for (let level: unknown = values; Array.isArray(level); level = level[0]) shape.push(level.length);
  const flat: Scalar[] = [];
  const add = (level: unknown, depth: number): void => {
    if (!Array.isArray(level)) {
      if (depth !== shape.length) throw wrong(name, 'is a list whose parts have different depths');
      flat.push(element(name, type, level as Scalar));
      return;
    }
    if (depth >= shape.length || level.length !== shape[depth])
      throw wrong(name, 'is a list whose parts have different lengths');
    for (const item of level) add(item, depth + 1);
  };
  add(values, 0);
  return { kind: 'values', values: flat, shape, from: `${from} of ${flat.length} values` };
}

function fileRule(name: string, type: ElementType, file: FileValues): ValueRule {
  const { content, label } = file;
  if (content.kind === 'list')
    return { ...(list(name, type, content.values, '') as Extract<ValueRule, { kind: 'values' }>), from: label };
  const accepted = content.type === null || content.type === type || (content.type === 'uint8' && type === 'bool');
  if (!accepted) throw wrong(name, `takes ${type}, and ${label} holds ${content.type}: save it as ${type}`);
  return { kind: 'values', values: content.elementsOf(type, name), shape: content.shape, from: label };
}

/** A value as the type's elements are, checked: nothing is rounded or cut off. */
function element(name: string, type: ElementType, value: Scalar): Scalar {
  const shown = shorten(typeof value === 'string' ? JSON.stringify(value) : String(value), 60);
  if (type === 'string') {
    if (typeof value !== 'string') throw wrong(name, `takes strings, and ${shown} is not one: put it in quotes`);
    return value;
  }
  if (type === 'bool') {
    if (value === true || value === 1) return 1;
    if (value === false || value === 0) return 0;
    throw wrong(name, `takes true and false, and this is ${shown}`);
  }
  const bounds = INTEGERS[type];
  if (bounds === undefined) {
    if (typeof value === 'number') return value;
    // JSON and YAML have no such numbers.
    if (typeof value === 'string' && /^[-+]?(nan|inf(inity)?)$/i.test(value)) {
      return /nan/i.test(value)
        ? Number.NaN
        : value.startsWith('-')
          ? Number.NEGATIVE_INFINITY
          : Number.POSITIVE_INFINITY;
    }
    throw wrong(name, `takes numbers (${type}), and this is ${shown}`);
  }
  const isWhole =
    typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && /^-?\d+$/.test(value);
  if (!isWhole) throw wrong(name, `takes whole numbers (${type}), and this is ${shown}`);
  const whole = BigInt(value as number | string);
  if (whole < bounds[0] || whole > bounds[1]) throw wrong(name, `takes ${type}, which ${shown} is too large for`);
  return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
}

function wrong(name: string, what: string): Error {
  return badInput('INPUT_VALUE_WRONG', `config.inputs.${name}: the input ${what}.`);
}

/** The rule in a few words, for results. */
export function ruleInWords(rule: ValueRule, type: ElementType): string {
  switch (rule.kind) {
    case 'random':
      if (type === 'bool') return 'random true or false';
      if (!isInteger(type)) return `random in [${rule.min}, ${rule.max})`;
      return rule.min === 0 && rule.max === 1 ? 'random 0 or 1' : `random ${rule.min} to ${rule.max}`;
    case 'words':
      return `random words of ${rule.length} letters`;
    case 'constant':
      return shorten(typeof rule.value === 'string' ? JSON.stringify(rule.value) : String(rule.value), 80);
    case 'values':
      return rule.from;
    default:
      return rule satisfies never;
  }
}
