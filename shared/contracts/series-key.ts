import { z } from 'zod';
import { isModelUrl } from '../catalogue/model-reference.ts';
import { SERIES_KINDS } from './series-kinds.ts';

export const seriesKind = z.enum(SERIES_KINDS);
export type SeriesKind = z.infer<typeof seriesKind>;

/**
 * What makes two results comparable. `variant` covers the rest of the task's config (threads, arguments, shapes),
 * so that two settings never share a history.
 */
export const seriesKey = z.object({
  benchmark: z.string(),
  model: z.string(),
  executor: z.string(),
  precision: z.string(),
  /** Null where the metric belongs to no batch size. */
  batch_size: z.int().nullable(),
  scenario: z.string(),
  variant: z.string(),
  fingerprint: z.string(),
  metric: z.string(),
  /** Simulated values have series of their own. */
  is_simulated: z.boolean(),
  /** Of the unit, where the metric's name implies another family or none (shared/metric/series-unit.ts). Since 0.4. */
  unit_family: z.string().optional(),
  /** `result` without. Since 0.5. */
  series_kind: seriesKind.optional(),
  /** The workload, of what is more where more is measured: changing `iterations` changes it. Since 0.5. */
  workload: z.string().optional(),
});
export type SeriesKey = z.infer<typeof seriesKey>;

/** What rows have of it: the family of a unit and the workload are only part of the series' id. */
export const seriesFields = seriesKey
  .omit({ unit_family: true, workload: true })
  .extend({ series_kind: seriesKind.default('result') });
export type SeriesFields = z.infer<typeof seriesFields>;

/** A key without what rows do not have. */
export function fieldsOfKey({ unit_family: _, workload: __, ...fields }: SeriesKey): SeriesFields {
  return { ...fields, series_kind: fields.series_kind ?? 'result' };
}

/**
 * A model's name in one form, for comparing: a relative path without `./` before it, any path without `//` and `/./`. Names
 * and addresses stay. Which folder a path counts from is the worker's to know, so an absolute path stays another name.
 */
export function modelInOneForm(model: string): string {
  if (isModelUrl(model) || !model.includes('/')) return model;
  const short = model
    .replaceAll(/\/{2,}/g, '/')
    .replaceAll(/(?:\/\.)+(?=\/)/g, '')
    .replace(/^(?:\.\/)+/, '');
  return short === '' ? model : short;
}
