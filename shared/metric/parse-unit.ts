import { atomicUnit, knownNoun, USUAL_UNITS } from './units.ts';

/** What a unit is: values of one family convert into each other by their factors, those of two never. */
export interface Unit {
  /** `time`, `bytes`, `share`, `tokens/time`, `time/tokens`, or the text itself where nothing is known of it. */
  family: string;
  /** One of it is `numerator / denominator` of the family's smallest step; exact. */
  numerator: bigint;
  denominator: bigint;
  /** What is per time. */
  is_rate: boolean;
}

const SECOND = 1_000_000_000n;
const PREFIXES: Readonly<Record<string, bigint>> = { k: 1000n, K: 1000n, M: 1_000_000n, G: 1_000_000_000n };
/** Rates of one word. `tps` may be tokens or transactions, so it says only that it is a rate. */
const RATE_WORDS: Readonly<Record<string, string>> = {
  fps: 'frames',
  rps: 'requests',
  qps: 'queries',
  ips: 'images',
  iops: 'ops',
  tps: '',
  sps: 'samples',
};
const MAX_CACHED = 2000;
const cache = new Map<string, Unit>();

/**
 * Reads a unit as programs write it: `ms`, `MiB`, `%`, `tok/s`, `tokens per second`, `requests_per_minute`, `ms/token`,
 * `Gbps`, `fps`. Total: a text that means nothing here is a family of its own, which converts only into itself.
 */
export function parseUnit(text: string): Unit {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const unit = read(text);
  if (cache.size < MAX_CACHED) cache.set(text, unit);
  return unit;
}

function read(text: string): Unit {
  // NFKC makes the micro sign the Greek letter, and full-width letters plain ones.
  const plain = text
    .normalize('NFKC')
    .trim()
    .replace(/^[[(](.*)[\])]$/, '$1')
    .trim();
  const whole = simple(plain);
  if (whole !== undefined) return whole;
  const inverse = /^(.*?)[\s·*]*(?:s|sec)\^?[-−]1$/.exec(plain);
  if (inverse !== null) return per((inverse[1] as string).trim(), 's') ?? unknown(plain);
  const [over, under, ...more] = plain.split(/\s*\/\s*|\s+per\s+|_per_|^per\s+/i);
  if (over !== undefined && under !== undefined && more.length === 0) {
    const quotient = per(over.trim(), under.trim());
    if (quotient !== undefined) return quotient;
  }
  const [each = '', ...others] = more;
  if (over !== undefined && under !== undefined && each !== '' && others.length === 0) {
    // tokens/s/gpu: a rate of each.
    const rate = per(over.trim(), under.trim());
    if (rate?.is_rate === true) return { ...rate, family: `${rate.family}/${each.trim().toLowerCase()}` };
  }
  return word(plain) ?? unknown(plain);
}

function unknown(text: string): Unit {
  return { family: `other:${text}`, numerator: 1n, denominator: 1n, is_rate: false };
}

function simple(text: string): Unit | undefined {
  const atom = atomicUnit(text);
  return atom === undefined
    ? undefined
    : { family: atom.family, numerator: atom.factor, denominator: 1n, is_rate: false };
}

/** `over` per `under`: a rate where what is below is a time, otherwise so much of something for each of a thing. */
function per(over: string, under: string): Unit | undefined {
  const below = atomicUnit(under);
  if (below?.family === 'time') {
    const above = counted(over);
    if (above === undefined) return undefined;
    return {
      family: `${above.family}/time`,
      numerator: above.factor * SECOND,
      denominator: below.factor,
      is_rate: true,
    };
  }
  const above = atomicUnit(over) ?? counted(over);
  if (above === undefined || under === '') return undefined;
  const noun = below?.family ?? knownNoun(under) ?? under.toLowerCase();
  return {
    family: `${above.family}/${noun}`,
    numerator: above.factor,
    denominator: below?.factor ?? 1n,
    is_rate: false,
  };
}

/** What is counted: bytes or another unit, a noun with or without a prefix (`ktok`), or nothing (`/s`, `1/s`). */
function counted(text: string): { family: string; factor: bigint } | undefined {
  if (text === '' || text === '1' || text === '#') return { family: '', factor: 1n };
  const noun = knownNoun(text);
  if (noun !== undefined) return { family: noun, factor: 1n };
  const atom = atomicUnit(text);
  if (atom !== undefined) return atom;
  const prefix = PREFIXES[text[0] as string];
  const behind = knownNoun(text.slice(1));
  if (prefix !== undefined && behind !== undefined && text.length > 2) return { family: behind, factor: prefix };
  return /^[\p{L}][\p{L} _-]{0,30}$/u.test(text) ? { family: plural(text), factor: 1n } : undefined;
}

/** A word that the table does not have; of one or two letters it is a symbol (`m/s`). */
function plural(noun: string): string {
  if (noun.length < 3) return noun;
  const lower = noun.toLowerCase();
  return lower.endsWith('s') ? lower : `${lower}s`;
}

/** Rates and counts of one word: `fps`, `krps`, `Mbps`, `GFLOPS`, `tokens`. */
function word(text: string): Unit | undefined {
  const rate = /^([kKMG]?)([a-zA-Z]{3,4})$/.exec(text);
  const counts = RATE_WORDS[rate?.[2]?.toLowerCase() ?? ''];
  if (counts !== undefined) {
    const factor = PREFIXES[rate?.[1] ?? ''] ?? 1n;
    return { family: `${counts}/time`, numerator: factor * SECOND, denominator: SECOND, is_rate: true };
  }
  const bits = /^([kKMGT]?)(b|B|iB)ps$/.exec(text);
  if (bits !== null) {
    const [, prefix = '', what] = bits;
    return per(what === 'b' ? `${prefix.toLowerCase()}bit` : `${prefix}${what}`, 's');
  }
  if (/^[kmgtp]?flops$/i.test(text)) return per(text.slice(0, -1), 's');
  const noun = knownNoun(text);
  // One letter counts something only in a rate (`t/s`): alone it may be anything.
  return noun === undefined || text.length < 2
    ? undefined
    : { family: `count:${noun}`, numerator: 1n, denominator: 1n, is_rate: false };
}

/** The unit that values of a family are kept in, where nothing else is asked for; the text itself for an unknown one. */
export function usualUnit(unit: Unit, text: string): string {
  const { family } = unit;
  const usual = USUAL_UNITS[family];
  if (usual !== undefined) return usual;
  if (family === 'bytes/time') return 'MB/s';
  if (family === 'flop/time') return 'GFLOPS';
  const [, counted = '', each = ''] = /^(.*)\/time(\/.*)?$/.exec(family) ?? [];
  if (unit.is_rate) return `${USUAL_UNITS[counted] ?? counted}/s${each}`;
  if (family.startsWith('other:')) return family.slice('other:'.length);
  if (family.startsWith('count:')) return family.slice('count:'.length);
  const [over = '', ...under] = family.split('/');
  const above = USUAL_UNITS[over];
  return above === undefined ? text.trim() : `${above}/${under.map((part) => USUAL_UNITS[part] ?? part).join('/')}`;
}
