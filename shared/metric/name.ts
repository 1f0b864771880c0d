import { parseUnit } from './parse-unit.ts';
import { atomicUnit, knownNoun } from './units.ts';

const MAX_WORDS = 24;

/**
 * The words of a metric's name in lower case: `timeToFirstToken`, `Samples per second` and `http_req_duration` are three
 * each; `t/s`, `p(95)` and `mAP@0.5` come apart at what is no letter or digit.
 */
export function wordsOf(metric: string): string[] {
  return metric
    .slice(0, 256)
    .replace(/([a-z0-9])([A-Z][a-z])/g, '$1_$2')
    .replace(/([a-z]{2,})([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}%°]+/u)
    .filter((word) => word !== '')
    .slice(0, MAX_WORDS);
}

/**
 * The unit that a name ends with: `load_ms`, `memory_mb`, `tokens_per_second`, `error_percent`; or that it is:
 * `fps`, `t/s`. A single letter is a name and no unit. Undefined where it names none.
 */
export function unitOfName(words: readonly string[], metric: string): string | undefined {
  const whole = parseUnit(metric);
  if (
    whole.is_rate ||
    whole.family.startsWith('time/') ||
    (words.length === 1 && metric.trim().length > 1 && whole.family === 'time')
  )
    return metric;
  const per = words.indexOf('per');
  if (per > 0 && per === words.length - 2) return quotient(words[per - 1] as string, words[per + 1] as string);
  const [before, last] = words.slice(-2);
  if (before === undefined || last === undefined || per >= 0) return undefined;
  // `tokens_s` is a rate, `load_s` a time.
  if ((last === 's' || last === 'sec') && before.length > 1 && knownNoun(before) !== undefined) return `${before}/s`;
  return SUFFIXES.get(last);
}

/** Of `tokens per second`, `seconds per step`; of a word that is no unit and nothing that is counted the rate alone. */
function quotient(over: string, under: string): string | undefined {
  const what = knownNoun(over) ?? (atomicUnit(over) === undefined ? '' : over);
  if (atomicUnit(under)?.family === 'time') return `${what}/${under}`;
  return atomicUnit(over) === undefined ? undefined : `${over}/${under}`;
}

/** Only what is a unit and nothing else behind a name. */
const SUFFIXES: ReadonlyMap<string, string> = new Map([
  ...['ns', 'us', 'μs', 'ms', 's', 'sec', 'secs', 'seconds', 'minutes', 'hours', 'msec', 'usec'].map(same),
  ...['millis', 'micros', 'nanos', 'milliseconds', 'microseconds', 'nanoseconds'].map(same),
  ...['bytes', 'kib', 'mib', 'gib', 'tib'].map(same),
  ['kb', 'KB'],
  ['mb', 'MB'],
  ['gb', 'GB'],
  ['tb', 'TB'],
  ...['percent', 'pct', 'ratio', 'fraction'].map(same),
  ['%', '%'],
  ...['watts', 'joules', 'celsius', 'mhz', 'ghz', 'hz', 'fps', 'qps', 'rps'].map(same),
  ['w', 'W'],
  ['j', 'J'],
  ['gbps', 'Gbps'],
  ['mbps', 'Mbps'],
  ['mj', 'mJ'],
  ['mw', 'mW'],
]);

function same(unit: string): [string, string] {
  return [unit, unit];
}
