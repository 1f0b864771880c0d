import type { Better } from './better.ts';
import { CATALOGUE } from './catalogue.ts';
import { unitOfName, wordsOf } from './name.ts';
import { parseUnit } from './parse-unit.ts';
import { BAD, GENERAL, GOOD, NEITHER, QUALITY, QUANTITY, RESOURCE, SPREAD, TURNING } from './words.ts';

/** What is known of a metric when its direction is asked for. */
export interface MetricFacts {
  metric: string;
  /** As it was printed, or as it is kept; null or empty without one. */
  unit?: string | null | undefined;
  /** What the metric line or the task said: that counts before everything else. */
  better?: 'lower' | 'higher' | 'neither' | '' | null | undefined;
}

/**
 * Which way is better. What was said counts; then the catalogue of the field's names; then the words of the name, all of
 * which have to agree; then the unit (times: lower, per second: higher), which has to agree with the words. Where two
 * readings are possible it is `unknown`. Pure.
 */
export function betterOf({ metric, unit, better }: MetricFacts): Better {
  if (better) return better;
  const words = wordsOf(metric);
  const by_name = ofCatalogue(words) ?? ofWords(words);
  if (by_name === 'neither' || by_name === 'unknown') return by_name;
  // A unit that the name itself names is no second witness.
  if (by_name !== undefined && !unit?.trim()) return by_name;
  const by_unit = ofUnit(unit?.trim() || unitOfName(words, metric) || '', words);
  if (by_name === undefined) return by_unit ?? 'unknown';
  return by_unit === undefined || by_unit === by_name ? by_name : 'unknown';
}

/** A statistic around a catalogue's name makes it no other metric, except how much it scatters. */
const STATISTIC =
  /^(avg|average|mean|median|min|max|p\d{2,3}|p_\d{2,3}|result|total|overall)_|_(avg|average|mean|median|min|max|p\d{2,3}|p_\d{2,3}|total)$/;
/** A unit behind the name: `ttft_ms`. */
const UNIT_BEHIND = /_(ns|us|ms|s|sec|seconds|percent|pct)$/;

function ofCatalogue(words: readonly string[]): Better | undefined {
  let name = words.join('_');
  for (let round = 0; round < 4; round++) {
    const found = CATALOGUE.find(([pattern]) => pattern.test(name));
    if (found !== undefined) return found[1];
    const shorter = name.replace(STATISTIC, '').replace(UNIT_BEHIND, '');
    if (shorter === name || shorter === '') return undefined;
    name = shorter;
  }
  return undefined;
}

function ofWords(words: readonly string[]): Better | undefined {
  const at = words.indexOf('per');
  if (at > 0) return ofQuotient(words.slice(0, at), words.slice(at + 1));
  return agreed(words) ?? (NEITHER.has(words.at(-1) ?? '') ? 'neither' : undefined);
}

/** `joules_per_token`: so much of the first for one of the second. */
function ofQuotient(over: readonly string[], under: readonly string[]): Better | undefined {
  const above = agreed(over);
  const below = under.some((word) => RESOURCE.has(word) || COST.has(word));
  // Work for what is used up: tokens per joule, images per dollar.
  if (below) return above === undefined || above === 'higher' ? 'higher' : 'unknown';
  return above;
}
const COST: ReadonlySet<string> = new Set([
  'dollar',
  'dollars',
  'usd',
  'eur',
  'euro',
  'euros',
  'cent',
  'gpu',
  'core',
  'wh',
  'kwh',
]);

/** What all words together say: undefined where none says anything, `unknown` where they disagree. */
function agreed(words: readonly string[]): Better | undefined {
  const has = (set: ReadonlySet<string>): boolean => words.some((word) => set.has(word));
  const votes = new Set<'higher' | 'lower'>();
  for (const word of words) {
    const vote = own(QUALITY, word) ?? own(QUANTITY, word);
    if (vote !== undefined) votes.add(vote);
    else if (BAD.has(word)) votes.add('lower');
    else if (GOOD.has(word)) votes.add('higher');
  }
  const isQuality = words.some((word) => own(QUALITY, word) !== undefined);
  const general = words.filter((word) => own(GENERAL, word) !== undefined);
  if (votes.size === 0 && general.length === 0 && has(RESOURCE)) votes.add('lower');
  if (has(TURNING)) {
    if (votes.size > 0 || general.some((word) => !TURNING.has(word))) return 'unknown';
    return general.length > 0 ? 'higher' : undefined;
  }
  if (!isQuality) for (const word of general) votes.add(GENERAL[word] as 'higher' | 'lower');
  if (votes.size === 2) return 'unknown';
  const [vote] = votes;
  if (has(SPREAD)) return vote === 'lower' ? 'lower' : 'unknown';
  return vote;
}

function own(table: Readonly<Record<string, 'higher' | 'lower'>>, word: string): 'higher' | 'lower' | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}

/** What the unit says: a time is to be short, so much per second is to be much, unless it is of something bad. */
function ofUnit(text: string, words: readonly string[]): 'higher' | 'lower' | undefined {
  if (text === '') return undefined;
  const { family, is_rate } = parseUnit(text);
  if (is_rate) {
    const bad = words.some((word) => BAD.has(word)) || /^(errors|failures|energy|allocations)\//.test(family);
    return bad ? 'lower' : 'higher';
  }
  if (family === 'time' || family.startsWith('time/') || family.startsWith('energy/')) return 'lower';
  return /\/(energy|power)$/.test(family) ? 'higher' : undefined;
}
