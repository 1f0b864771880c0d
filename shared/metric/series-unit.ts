import { rescale } from './convert.ts';
import { unitOfName, wordsOf } from './name.ts';
import { parseUnit, usualUnit } from './parse-unit.ts';

/** A value as its history keeps it. */
export interface InSeriesUnit {
  /** The unit of the history; null where none is known. */
  unit: string | null;
  /** A value in that unit. */
  convert(value: number): number;
  /**
   * What makes values of this unit another history than the name alone says: the unit's family where the name implies
   * another one or none. Empty in most cases, and for every history that was kept before units counted where the name
   * names its unit.
   */
  family: string;
}

/** Words that say a metric is a time or an amount of memory, though they name no unit. */
const TIME_WORDS = /^(time|latency|latencies|delay|duration|elapsed|runtime|walltime|ttft|tpot|itl|tbt|e2el|wait|rtt)$/;
const BYTE_WORDS = /^(memory|mem|rss|vram|ram|footprint|heap)$/;
const MAX_CACHED = 5000;
const cache = new Map<string, InSeriesUnit>();

/**
 * The unit that the history of a metric is kept in, by the name and the unit that a value was printed with. All units of
 * one family go into one: that of the name (`load_seconds`: s), else the family's usual one (ms, MB, %, tokens/s). A
 * value without a unit has the one that the name names, if any. Pure, so every service comes to the same.
 */
export function seriesUnit(metric: string, printed: string | null): InSeriesUnit {
  const key = `${metric}\n${printed ?? ''}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const found = find(metric, printed);
  if (cache.size < MAX_CACHED) cache.set(key, found);
  return found;
}

function find(metric: string, printed: string | null): InSeriesUnit {
  const words = wordsOf(metric);
  const named = unitOfName(words, metric);
  const written = printed?.trim() || named;
  const implied = named === undefined ? impliedFamily(words) : parseUnit(named).family;
  if (written === undefined) {
    return { unit: null, convert: (value) => value, family: implied === undefined ? '' : 'none' };
  }
  const own = parseUnit(written);
  const isNamed = own.family === implied || sameRate(own.family, implied);
  const target = named !== undefined && isNamed ? readable(named) : usualUnit(own, written);
  const kept = parseUnit(target);
  return {
    unit: target,
    convert: (value) => rescale(value, own, kept),
    family: isNamed ? '' : own.family,
  };
}

/** A rate of nothing in particular (`/s`, `tps`) is one of whatever the name counts, and the other way round. */
function sameRate(own: string, implied: string | undefined): boolean {
  return implied?.endsWith('/time') === true && own.endsWith('/time') && (own === '/time' || implied === '/time');
}

function impliedFamily(words: readonly string[]): string | undefined {
  if (words.includes('per')) return undefined;
  if (words.some((word) => TIME_WORDS.test(word))) return 'time';
  return words.some((word) => BYTE_WORDS.test(word)) ? 'bytes' : undefined;
}

/** A name's unit as it should be read: `seconds` is `s`, `fps` is `frames/s`. */
function readable(named: string): string {
  const unit = parseUnit(named);
  if (unit.is_rate) return usualUnit(unit, named);
  return READABLE[named] ?? named;
}

const READABLE: Readonly<Record<string, string>> = {
  ...{ sec: 's', secs: 's', seconds: 's', minutes: 'min', hours: 'h', msec: 'ms', millis: 'ms', milliseconds: 'ms' },
  ...{ usec: 'us', micros: 'us', microseconds: 'us', μs: 'us', nanos: 'ns', nanoseconds: 'ns' },
  ...{ bytes: 'B', kib: 'KiB', mib: 'MiB', gib: 'GiB', tib: 'TiB' },
  ...{ percent: '%', pct: '%', watts: 'W', joules: 'J', celsius: '°C', mhz: 'MHz', ghz: 'GHz', hz: 'Hz' },
};
