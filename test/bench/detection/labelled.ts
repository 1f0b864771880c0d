import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Annotations, LabelledSeries } from './labelled-series.ts';
import { consensusOf } from './score.ts';

const SHARED = fileURLToPath(new URL('../../../../shared/data/changepoints/', import.meta.url));
export const TUNE_FILE = `${SHARED}tune.jsonl.gz`;
export const UNLABELLED_FILE = `${SHARED}unlabelled.jsonl.gz`;

/** Figures are chosen on the series of the tuning half only; a hash of the name of a series says which half it is in. */
export function halfOf(name: string): 'tuning' | 'held_out' {
  return (createHash('sha256').update(name).digest()[0] as number) < 128 ? 'tuning' : 'held_out';
}

/**
 * Reads gzipped JSON lines `{name, values, annotations}`.
 * @throws where the file is missing or a line is not such a series
 */
export function readLabelled(file: string): LabelledSeries[] {
  if (!existsSync(file))
    throw new Error(`no series at ${file}: give --data FILE.jsonl.gz, lines of {name, values, annotations}`);
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n');
  return lines.map((line, i) => {
    const { name, values, annotations } = JSON.parse(line) as Partial<{
      name: string;
      values: number[];
      annotations: Annotations;
    }>;
    if (name === undefined || !Array.isArray(values) || annotations === undefined)
      throw new Error(`${file}:${i + 1}: needs name, values and annotations`);
    return { name, values: Float64Array.from(values), annotations, events: consensusOf(annotations) };
  });
}
