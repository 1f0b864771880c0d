import { z } from 'zod';
import { comparison } from '../comparison.ts';
import { runId } from '../ids.ts';
import { listOf } from './lists.ts';
import { signatures } from './signature.ts';

const text = z.string().min(1).max(512);

export const compareApi = signatures({
  'GET /api/compare': {
    role: 'viewer',
    summary: 'Runs, commits, models, hardware, batch sizes or series side by side: repeat the one to compare',
    query: z.strictObject({
      run: listOf(runId),
      commit: listOf(z.string().min(4).max(128)),
      model: listOf(text),
      hardware: listOf(text),
      batch_size: listOf(z.string().regex(/^[1-9]\d{0,8}$/, 'is not a batch size')),
      series: listOf(text),
      benchmark: text.optional(),
      precision: text.optional(),
      metric: text.optional(),
    }),
    answer: comparison,
  },
});
