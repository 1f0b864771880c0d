import { betterOf } from '@benchwire/shared/metric/direction.ts';
import { wordsOf } from '@benchwire/shared/metric/name.ts';
import { parseUnit } from '@benchwire/shared/metric/parse-unit.ts';

const NUMBER = String.raw`([+-]?\d[\d,_]*(?:\.\d+)?(?:e[+-]?\d+)?)`;
const UNIT = String.raw`([A-Za-zµμ%][\w/%µμ]{0,15})?`;
/** Between a name and its number: `:`, `=`, a bar, an arrow, leaders (`....`), or the gap of a column. */
const BETWEEN = String.raw`(?:\s{0,10}(?:[:=|]|[-=]>|→|\.{2,80}:?)\s{0,40}|\t\s{0,40}|\s{2,60})`;
/** `name: number unit` or `name ..... number unit`, where a list mark or a table's bar may stand before. */
const NAMED_NUMBER = new RegExp(
  String.raw`^[\s*|>-]{0,10}([A-Za-z][\w ./()%@-]{0,60}?)${BETWEEN}${NUMBER}\s{0,5}${UNIT}(?:\s|[.,;|)]|$)`,
  'i',
);
/** A statistic of something: k6's `http_req_duration......: avg=12.3ms min=1ms`. */
const STATISTIC = new RegExp(
  String.raw`^\s{0,20}([A-Za-z][\w ./()@{}:-]{0,80}?)[.\s]{0,60}:\s{1,10}(?:avg|mean|median|med|p\(?\d+\)?)\s{0,3}=\s{0,3}${NUMBER}\s?${UNIT}`,
  'i',
);
/** A number with its spread, which is a measurement whatever it is called: `| pp512 | 1234.56 ± 7.89 |`, `12.3 ms ± 0.4 ms per loop`. */
const WITH_SPREAD = new RegExp(String.raw`(?<![\w.])${NUMBER}\s{0,3}${UNIT}\s{0,5}(?:±|\+/-|\+-)\s{0,10}\d`, 'i');
/** A rate, wherever it stands: `served 41.3 req/s`, `1204 tokens per second`. */
const RATE = new RegExp(
  String.raw`(?<![\w.])${NUMBER}\s{0,3}([A-Za-z]\w{0,15}\s?(?:/|per)\s?s(?:ec(?:ond)?)?)(?![\w/])`,
  'i',
);
/** What stands before such a number: the last words with a letter. */
const LAST_NAME = /([A-Za-z][\w ./-]{0,60}?)[\s|:=*()±σ]{0,40}$/;
/** Lines of Go's and Google's benchmark programs: `BenchmarkSum-8   1000000   1234 ns/op`. */
const BENCH_LINE =
  /^(Benchmark[A-Z_]\S{0,200}|BM_\S{1,200})\s.{0,60}?(?<![\w.])(\d+(?:\.\d+)?(?:e[+-]?\d+)?) (?:ns|us|µs|ms|s)(?:\/op)?(?=\s|$)/;
/** A pair of an object: `'loss': 0.4`. */
const PAIR = /["']([A-Za-z][\w ./-]{0,60})["']\s{0,3}:\s{0,3}([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)/gi;
/** An object that names what its number is of: `{"event": "metric", "name": "acc", "val": 0.91}`. */
const NAME_FIELD = /["'](?:name|metric|key|label|tag)["']\s{0,3}:\s{0,3}["']([A-Za-z][\w ./-]{0,60})["']/i;

/** A number in a line of text whose name, unit or form says that it is a measurement, with a name in words. Pure. */
export function metricInText(line: string): { name: string; value: string } | undefined {
  const found = named(line) ?? withSpread(line) ?? inObject(line) ?? rate(line);
  return found === undefined ? undefined : { ...found, name: wordsOf(found.name).join('_') || 'value' };
}

function named(line: string): { name: string; value: string } | undefined {
  for (const form of [NAMED_NUMBER, STATISTIC]) {
    const [, name = '', value = '', unit = ''] = form.exec(line) ?? [];
    if (name !== '' && isMeasurement(name, unit)) return { name, value };
  }
  const [, name = '', value = ''] = BENCH_LINE.exec(line) ?? [];
  return name === '' ? undefined : { name, value };
}

function withSpread(line: string): { name: string; value: string } | undefined {
  const found = WITH_SPREAD.exec(line);
  if (found === null) return undefined;
  return { name: LAST_NAME.exec(line.slice(0, found.index).slice(-200))?.[1] ?? 'value', value: found[1] ?? '' };
}

function rate(line: string): { name: string; value: string } | undefined {
  const [, value = '', unit = ''] = RATE.exec(line) ?? [];
  return value === '' ? undefined : { name: unit.replace('/', ' per '), value };
}

function inObject(line: string): { name: string; value: string } | undefined {
  if (!line.includes('{')) return undefined;
  const pairs = [...line.matchAll(PAIR)];
  for (const [, key = '', value = ''] of pairs) if (isMeasurement(key, '')) return { name: key, value };
  const [, name = ''] = NAME_FIELD.exec(line) ?? [];
  const [, , value = ''] = pairs.at(-1) ?? [];
  return name !== '' && value !== '' && isMeasurement(name, '') ? { name, value } : undefined;
}

function isMeasurement(name: string, unit: string): boolean {
  const known = unit === '' || !parseUnit(unit).family.startsWith('other:');
  const better = betterOf({ metric: name, unit: known ? unit : '' });
  return better === 'lower' || better === 'higher';
}
