/** A log line's prefix is not longer than that. */
const MAX_PREFIX = 240;

/** One part of a prefix; each begins where the one before ended. */
const PARTS: readonly RegExp[] = [
  /\s+/y,
  // [rank0], (worker pid=12), <info>
  /\[[^\]]{0,80}\]|\([^)]{0,80}\)|<[^>]{0,80}>/y,
  // 2026-11-30T00:00:00.123Z, 30/Nov/2026, 12:00:01,123, 1732924800.5, +0000, UTC
  /[+-]?\d[\d:.,/TZ_-]*(?:[+-]\d{2}:?\d{2})?Z?(?![\w])/y,
  /\d{1,2}[ /-](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*[ /-]\d{2,4}/iy,
  /(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|utc|gmt|cet|am|pm)\b\.?/iy,
  // INFO, warn, I0130 (glog)
  /(?:trace|debug|verbose|info|information|notice|warn|warning|error|fatal|critical|success|[ietwdf]\d{4}|[iewdvf])\b/iy,
  /[|:>=,;~#*•·–—\])-]+/y,
  // A name that a separator follows: `bench-1 |`, `my.logger:`, `main.py:12 -`, `msg=`, `RESULT >`
  /[\w.$/@#+:-]{1,80}(?=\s*[|:>=\]-])/y,
];

/**
 * Whether what stands before a JSON object is what loggers put before a message: times, levels, names with separators. A
 * sentence is not: `for example {"metric": …}` measures nothing. Pure, linear: each part is taken or the answer is no.
 */
export function isLogPrefix(text: string): boolean {
  if (text.length > MAX_PREFIX) return false;
  for (let at = 0; at < text.length; ) {
    const end = endOfPart(text, at);
    if (end === undefined) return false;
    at = end;
  }
  return true;
}

function endOfPart(text: string, at: number): number | undefined {
  for (const part of PARTS) {
    part.lastIndex = at;
    if (part.test(text) && part.lastIndex > at) return part.lastIndex;
  }
  return undefined;
}
