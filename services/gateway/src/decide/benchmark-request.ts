import type { RequestInput } from '@benchwire/shared/client/submit.ts';
import { hardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { z } from 'zod';

/** What `POST /api/benchmark/run` takes beside a full request: every model on every hardware. */
export const benchmarkRun = z.strictObject({
  priority: z.int().min(0).max(100).default(0),
  hardware: z.array(hardwareClass).min(1).max(16),
  models: z.array(z.string().min(1).max(512)).min(1).max(1000),
  batch_sizes: z.array(z.int().min(1)).min(1).max(64).default([1]),
  precision: z.string().min(1).max(32).optional(),
  /** Small batch sizes first. */
  progressive_mode: z.boolean().default(false),
  /** Leaves out what was measured already with the same model file. */
  incremental: z.boolean().default(false),
});
export type BenchmarkRun = z.infer<typeof benchmarkRun>;

/** The request that it stands for: a task for each model on each hardware. */
export function benchmarkRequest(run: BenchmarkRun): RequestInput {
  const { priority, hardware, models, precision, progressive_mode, incremental } = run;
  const batch_sizes = progressive_mode ? run.batch_sizes.toSorted((a, b) => a - b) : run.batch_sizes;
  return {
    ...{ name: 'benchmark', priority },
    tasks: models.flatMap((model, place) =>
      hardware.map((each) => ({
        task_id: `${place + 1}-${model.replaceAll(/[^A-Za-z0-9_-]+/g, '-').slice(-90)}-${each}`,
        ...{ type: 'benchmark' as const, executor: 'onnx' as const, requirements: { hardware: [each] } },
        config: { model, batch_sizes, ...(precision === undefined ? {} : { precision }) },
        ...(incremental ? { skip_if_fresh: true } : {}),
      })),
    ),
  };
}
