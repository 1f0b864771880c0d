import { type BENCHMARK_TYPES, NAMED_PRIORITIES } from '@benchwire/shared/contracts/benchmark-names.ts';
import { numberOr, wordsOf } from './request-form.ts';

/** The fields of a run of several models as the person typed them: those of `bw bench`. */
export interface ModelsForm {
  models: string[];
  /** Without models those of this priority; with models how urgent the run is. */
  priority: '' | keyof typeof NAMED_PRIORITIES;
  hardware: string[];
  type: '' | (typeof BENCHMARK_TYPES)[number];
  concurrency: string;
  mix: boolean;
  batch_sizes: string;
  precision: string;
  size: 'base' | 'tiny';
  progressive: boolean;
  incremental: boolean;
  max_age_days: string;
  wait: boolean;
  report: boolean;
}

export const EMPTY_MODELS_FORM: ModelsForm = {
  ...{ models: [], priority: '', hardware: [], type: '', concurrency: '2, 4', mix: false, batch_sizes: '1' },
  ...{
    precision: '',
    size: 'base',
    progressive: false,
    incremental: false,
    max_age_days: '',
    wait: false,
    report: false,
  },
};

export const NAMED = Object.keys(NAMED_PRIORITIES) as Array<keyof typeof NAMED_PRIORITIES>;
export const measuresSeveral = ({ type }: ModelsForm): boolean => type === 'throughput' || type === 'both';
const SECONDS_PER_DAY = 86_400;

/** The body of `POST /api/benchmark/run`; undefined while nothing says what to measure. */
export function benchmarkOf(form: ModelsForm): Record<string, unknown> | undefined {
  if (form.models.length === 0 && form.priority === '') return undefined;
  const sizes = form.batch_sizes.trim();
  const age = numberOr(form.max_age_days);
  return {
    ...(form.models.length === 0 ? {} : { models: form.models }),
    ...(form.priority === '' ? {} : { priority: form.priority }),
    ...(form.hardware.length === 0 ? {} : { hardware: form.hardware }),
    batch_sizes: sizes === 'auto' ? sizes : wordsOf(sizes).map(numberOr),
    ...(form.precision === '' ? {} : { precision: form.precision }),
    ...(form.size === 'base' ? {} : { size: form.size }),
    ...(form.type === '' ? {} : { type: form.type }),
    ...(measuresSeveral(form) ? { concurrency: wordsOf(form.concurrency).map(numberOr), mix: form.mix } : {}),
    progressive_mode: form.progressive,
    incremental: form.incremental,
    ...(form.incremental && age !== ''
      ? { max_age_seconds: typeof age === 'number' ? age * SECONDS_PER_DAY : age }
      : {}),
    ...(form.wait ? { wait_for_workers: true } : {}),
  };
}
