import { z } from 'zod';
import { runId } from '../ids.ts';
import { MAX_IMPORT_BYTES } from '../limits.ts';
import { source } from '../request.ts';
import { signatures } from './signature.ts';

const text = z.string().min(1).max(256).optional();

/** Results of other benchmark tools. Since 0.6. */
export const importApi = signatures({
  'POST /api/import': {
    role: 'submitter',
    summary:
      "Import a benchmark tool's output: its bytes as application/octet-stream. The same content again starts nothing new",
    query: z.strictObject({
      /** A format's name, or `auto`. */
      format: z.string().min(1).max(64).default('auto'),
      /** The file's name, for messages. */
      file: z.string().min(1).max(256).default('the file'),
      name: text,
      device: z.string().min(1).max(128).optional(),
      commit: source.shape.commit,
      branch: source.shape.branch,
      repo: source.shape.repo,
      base: source.shape.base,
      time: z.iso.datetime({ offset: true }).optional(),
      /** `KEY=VALUE`, with commas between. */
      tags: z.string().max(4096).optional(),
      /** Columns of a CSV file. */
      name_column: text,
      value_column: text,
      unit_column: text,
      metric: text,
      unit: z.string().min(1).max(32).optional(),
      better: z.enum(['lower', 'higher']).optional(),
    }),
    takes_bytes: true,
    max_body_bytes: MAX_IMPORT_BYTES,
    answer: z.object({
      format: z.string(),
      benchmarks: z.int(),
      /** One, or several where the file is large; `duplicate` where all of it had been imported before. */
      runs: z.array(z.object({ run_id: runId, task_count: z.int(), duplicate: z.boolean() })),
      /** What was left out, and why. */
      notes: z.array(z.string()),
    }),
    status: 202,
  },
});
