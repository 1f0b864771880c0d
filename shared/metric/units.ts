/**
 * Units that values can be converted between. A unit belongs to a family; its factor is what one of it is in the family's
 * smallest step, as an exact integer. One table: what is written below is all that is known.
 */
export interface AtomicUnit {
  family: string;
  factor: bigint;
}

interface Spelling {
  factor: bigint;
  /** As it is written, in lower case: for words, and for symbols whose case says nothing. */
  any_case?: readonly string[];
  /** Symbols whose case matters (mW and MW). */
  exact?: readonly string[];
}

const K = 1000n;
const KI = 1024n;

/** Of each family every unit with all its spellings. `m` is no minute (it may be a metre), `Mb` no megabyte (it may be a megabit). */
const FAMILIES: Readonly<Record<string, readonly Spelling[]>> = {
  time: [
    {
      factor: 1n,
      any_case: ['ns', 'nsec', 'nsecs', 'nano', 'nanos', 'nanosec', 'nanosecs', 'nanosecond', 'nanoseconds'],
    },
    {
      factor: K,
      any_case: ['us', 'μs', 'usec', 'usecs', 'μsec', 'micros', 'microsec', 'microsecs', 'microsecond', 'microseconds'],
    },
    {
      factor: K ** 2n,
      any_case: ['ms', 'msec', 'msecs', 'millis', 'millisec', 'millisecs', 'millisecond', 'milliseconds'],
    },
    { factor: K ** 3n, any_case: ['s', 'sec', 'secs', 'second', 'seconds'] },
    { factor: 60n * K ** 3n, any_case: ['min', 'mins', 'minute', 'minutes'] },
    { factor: 3600n * K ** 3n, any_case: ['h', 'hr', 'hrs', 'hour', 'hours'] },
    { factor: 86_400n * K ** 3n, any_case: ['d', 'day', 'days'] },
  ],
  // In bits, so that Mbit/s and MB/s are of one family.
  bytes: [
    { factor: 1n, any_case: ['bit', 'bits'] },
    { factor: K, any_case: ['kbit', 'kbits', 'kilobit', 'kilobits'] },
    { factor: K ** 2n, any_case: ['mbit', 'mbits', 'megabit', 'megabits'] },
    { factor: K ** 3n, any_case: ['gbit', 'gbits', 'gigabit', 'gigabits'] },
    { factor: 8n, any_case: ['byte', 'bytes'], exact: ['B'] },
    { factor: 8n * K, any_case: ['kbyte', 'kbytes', 'kilobyte', 'kilobytes'], exact: ['kB', 'KB', 'kb'] },
    { factor: 8n * K ** 2n, any_case: ['mbyte', 'mbytes', 'megabyte', 'megabytes'], exact: ['MB', 'mb'] },
    { factor: 8n * K ** 3n, any_case: ['gbyte', 'gbytes', 'gigabyte', 'gigabytes'], exact: ['GB', 'gb'] },
    { factor: 8n * K ** 4n, any_case: ['tbyte', 'tbytes', 'terabyte', 'terabytes'], exact: ['TB', 'tb'] },
    { factor: 8n * KI, any_case: ['kib', 'kibibyte', 'kibibytes'], exact: ['Ki'] },
    { factor: 8n * KI ** 2n, any_case: ['mib', 'mebibyte', 'mebibytes'], exact: ['Mi'] },
    { factor: 8n * KI ** 3n, any_case: ['gib', 'gibibyte', 'gibibytes'], exact: ['Gi'] },
    { factor: 8n * KI ** 4n, any_case: ['tib', 'tebibyte', 'tebibytes'], exact: ['Ti'] },
  ],
  share: [
    { factor: 1n, any_case: ['ppm'] },
    { factor: K, any_case: ['‰', 'permille', 'per mille'] },
    { factor: 10n * K, any_case: ['%', 'percent', 'pct', 'percentage', 'per cent'] },
    { factor: K ** 2n, any_case: ['ratio', 'fraction', 'share', 'proportion', '1'] },
  ],
  power: [
    { factor: 1n, exact: ['uW', 'μW'], any_case: ['microwatt', 'microwatts'] },
    { factor: K, exact: ['mW'], any_case: ['milliwatt', 'milliwatts'] },
    { factor: K ** 2n, exact: ['W', 'w'], any_case: ['watt', 'watts'] },
    { factor: K ** 3n, exact: ['kW', 'KW'], any_case: ['kilowatt', 'kilowatts'] },
  ],
  energy: [
    { factor: 1n, exact: ['uJ', 'μJ'], any_case: ['microjoule', 'microjoules'] },
    { factor: K, exact: ['mJ'], any_case: ['millijoule', 'millijoules'] },
    { factor: K ** 2n, exact: ['J', 'j'], any_case: ['joule', 'joules'] },
    { factor: K ** 3n, exact: ['kJ', 'KJ'], any_case: ['kilojoule', 'kilojoules'] },
    { factor: K ** 4n, exact: ['MJ'], any_case: ['megajoule', 'megajoules'] },
    { factor: 3600n * K, exact: ['mWh'] },
    { factor: 3600n * K ** 2n, any_case: ['wh', 'watt hour', 'watt hours'] },
    { factor: 3600n * K ** 3n, any_case: ['kwh', 'kilowatt hour', 'kilowatt hours'] },
  ],
  frequency: [
    { factor: 1n, any_case: ['hz', 'hertz'] },
    { factor: K, any_case: ['khz'] },
    { factor: K ** 2n, any_case: ['mhz'] },
    { factor: K ** 3n, any_case: ['ghz'] },
  ],
  flop: [
    { factor: 1n, any_case: ['flop'] },
    { factor: K, any_case: ['kflop'] },
    { factor: K ** 2n, any_case: ['mflop'] },
    { factor: K ** 3n, any_case: ['gflop'] },
    { factor: K ** 4n, any_case: ['tflop'] },
    { factor: K ** 5n, any_case: ['pflop'] },
  ],
  celsius: [{ factor: 1n, any_case: ['°c', 'degc', 'deg c', 'celsius', 'degrees celsius'], exact: ['C'] }],
  factor: [{ factor: 1n, any_case: ['x', '×', 'times'] }],
  count: [{ factor: 1n, any_case: ['count', 'counts', '#'] }],
  decibel: [{ factor: 1n, any_case: ['db', 'decibel', 'decibels'] }],
};

const EXACT = new Map<string, AtomicUnit>();
const ANY_CASE = new Map<string, AtomicUnit>();
for (const [family, units] of Object.entries(FAMILIES)) {
  for (const { factor, exact = [], any_case = [] } of units) {
    for (const symbol of exact) EXACT.set(symbol, { family, factor });
    for (const word of any_case) ANY_CASE.set(word, { family, factor });
  }
}

/** A single unit, without a "per": `ms`, `MiB`, `%`. */
export function atomicUnit(text: string): AtomicUnit | undefined {
  return EXACT.get(text) ?? ANY_CASE.get(text.toLowerCase());
}

/** Families' units that histories are kept in, where the metric's name names no other. */
export const USUAL_UNITS: Readonly<Record<string, string>> = {
  time: 'ms',
  bytes: 'MB',
  share: '%',
  power: 'W',
  energy: 'J',
  frequency: 'MHz',
  celsius: '°C',
  factor: 'x',
  count: 'count',
  decibel: 'dB',
  flop: 'GFLOP',
};

/** What is counted in rates and in "per": every spelling of it, the first one is the name. */
const NOUNS: ReadonlyArray<readonly string[]> = [
  ['tokens', 'token', 'tok', 'toks', 't'],
  ['images', 'image', 'img', 'imgs'],
  ['requests', 'request', 'req', 'reqs', 'r'],
  ['queries', 'query', 'q'],
  ['samples', 'sample', 'smp', 'smpl'],
  ['frames', 'frame', 'f'],
  ['items', 'item', 'elem', 'element', 'elements'],
  ['iterations', 'iteration', 'iter', 'iters', 'it', 'its'],
  ['ops', 'op', 'operation', 'operations'],
  ['inferences', 'inference', 'inf', 'infs', 'infer'],
  ['transactions', 'transaction', 'txn', 'txns', 'tx'],
  ['batches', 'batch'],
  ['steps', 'step'],
  ['messages', 'message', 'msg', 'msgs'],
  ['rows', 'row'],
  ['records', 'record'],
  ['events', 'event'],
  ['calls', 'call'],
  ['characters', 'character', 'char', 'chars'],
  ['words', 'word'],
  ['errors', 'error', 'err', 'errs'],
  ['failures', 'failure'],
  ['epochs', 'epoch'],
  ['sequences', 'sequence', 'seq', 'seqs'],
  ['users', 'user'],
  ['tasks', 'task'],
  ['jobs', 'job'],
  ['packets', 'packet', 'pkt', 'pkts'],
  ['connections', 'connection', 'conn', 'conns'],
  ['allocations', 'allocation', 'alloc', 'allocs'],
  ['sentences', 'sentence'],
  ['documents', 'document', 'doc', 'docs'],
  ['runs', 'run'],
  ['pixels', 'pixel', 'px'],
];
const NOUN_OF = new Map(NOUNS.flatMap((spellings) => spellings.map((spelling) => [spelling, spellings[0] as string])));

/** The one name of what is counted; undefined for what is no word of the table. */
export function knownNoun(text: string): string | undefined {
  return NOUN_OF.get(text.toLowerCase());
}
