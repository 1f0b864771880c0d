/** Days of a period that is left out. */
export const DEFAULT_PERIOD_DAYS = 30;

/** What a side of a comparison by period is: a stretch of time (the end exclusive), or a release. */
export type Period =
  | { kind: 'time'; since: string; until: string }
  | { kind: 'commit' | 'version'; name: string }
  | { kind: 'tag'; name: string; value: string | undefined };

export const PERIOD_HELP =
  'a number of days (30d), a day (2026-10-01), days from the first to the last (2026-10-01..2026-10-31), or a release: commit:abc1234, version:1.4 or tag:release=1.4';

const UNIT_MS: Readonly<Record<string, number>> = { h: 36e5, d: 864e5, w: 6048e5 };
const DAY_MS = 864e5;
/** The years that the tables hold. */
const [FIRST_MS, LAST_MS] = [0, Date.parse('2200-01-01T00:00:00Z')];

/**
 * Reads a period as people write it; undefined for what is none. Days are UTC. Pure.
 * @param end_ms - where a number of days (`30d`) ends
 */
export function readPeriod(text: string, end_ms: number): Period | undefined {
  const release = /^(commit|version):(.{1,128})$/.exec(text);
  if (release !== null) {
    const [, kind, name = ''] = release;
    // Shorter ones fit too many commits.
    return kind === 'commit' && name.length < 4 ? undefined : { kind: kind as 'commit' | 'version', name };
  }
  const tag = /^tag:([^=]{1,128})(?:=(.{1,256}))?$/.exec(text);
  if (tag !== null) return { kind: 'tag', name: tag[1] ?? '', value: tag[2] };
  const length = /^([1-9]\d{0,4})(h|d|w)$/.exec(text);
  if (length !== null) return stretch(end_ms - Number(length[1]) * (UNIT_MS[length[2] ?? ''] ?? Number.NaN), end_ms);
  const [from = '', to = from, ...more] = text.split('..');
  const [first, last] = [momentOf(from), momentOf(to)];
  if (more.length > 0 || first === undefined || last === undefined) return undefined;
  return stretch(first.at_ms, last.is_day ? last.at_ms + DAY_MS : last.at_ms);
}

function stretch(since_ms: number, until_ms: number): Period | undefined {
  if (!(since_ms >= FIRST_MS && since_ms < until_ms && until_ms <= LAST_MS)) return undefined;
  return { kind: 'time', since: new Date(since_ms).toISOString(), until: new Date(until_ms).toISOString() };
}

function momentOf(text: string): { at_ms: number; is_day: boolean } | undefined {
  if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined;
  const day_ms = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  // The 31st of a month with 30 days would count as the 1st of the next one.
  if (Number.isNaN(day_ms) || new Date(day_ms).toISOString().slice(0, 10) !== text.slice(0, 10)) return undefined;
  const at_ms = Date.parse(text);
  return Number.isNaN(at_ms) ? undefined : { at_ms, is_day: text.length === 10 };
}

/** A period as the stack's services write it: `readPeriod` reads it again, whatever the time. */
export function periodValue(period: Period): string {
  if (period.kind === 'time') return `${period.since}..${period.until}`;
  if (period.kind === 'tag') return `tag:${period.name}${period.value === undefined ? '' : `=${period.value}`}`;
  return `${period.kind}:${period.name}`;
}

/** For people: `2026-10-01 to 2026-10-31`, `version 1.4`. Times only where it is not whole days. */
export function periodLabel(period: Period): string {
  if (period.kind === 'time') {
    const [since, until] = [period.since, period.until];
    if (!since.endsWith('T00:00:00.000Z') || !until.endsWith('T00:00:00.000Z'))
      return `${minute(since)} to ${minute(until)} UTC`;
    const last = new Date(Date.parse(until) - DAY_MS).toISOString().slice(0, 10);
    return last === since.slice(0, 10) ? last : `${since.slice(0, 10)} to ${last}`;
  }
  if (period.kind === 'commit') return `commit ${period.name.slice(0, 12)}`;
  if (period.kind !== 'tag') return `version ${period.name}`;
  return `tag ${period.name}${period.value === undefined ? '' : `=${period.value}`}`;
}

const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
