import { z } from 'zod';
import { type CoverageData, type CoveredModel, LAST_STAGE } from '../contracts/model-coverage.ts';
import { STAGES, type Stage } from './stages.ts';

const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);

/** A line of `python -m benchwire_runner.model_types.coverage`. */
export const coverageLine = z.object({
  type: z.string().min(1).max(256),
  stage: z.enum(STAGES),
  reason: z.string(),
  /** Whether the stages after `forward` were tried. */
  export: z.boolean().default(false),
  parameters: optional(z.int().min(0)),
  /** Python writes `Infinity`, which readLine turns into null. */
  difference: optional(z.number().min(0)),
  cpu_seconds: optional(z.number().min(0)),
  peak_memory_mb: optional(z.number().min(0)),
  versions: z.record(z.string(), z.string()).default({}),
});
export type CoverageLine = z.infer<typeof coverageLine>;

const at = (stage: Stage): number => STAGES.indexOf(stage);

/** How far each executor came with the type of a line. ONNX Runtime has a say only where the export was tried. */
export function coveredOf(line: CoverageLine): CoveredModel[] {
  const { type: model, stage, parameters, difference, peak_memory_mb, cpu_seconds: seconds } = line;
  const facts = { model, parameters, peak_memory_mb, seconds };
  const reason = line.reason === '' ? null : line.reason.slice(0, 1000);
  const runs = at(stage) >= at(LAST_STAGE.torch);
  return [
    {
      ...{ ...facts, executor: 'torch', difference: null },
      ...(runs ? { stage: LAST_STAGE.torch, reason: null } : { stage, reason }),
    },
    ...(line.export ? [{ ...facts, executor: 'onnx' as const, stage, reason, difference }] : []),
  ];
}

/** Types that came further when the recorded state (model-coverage.json) was made, with what it was. */
export function fallenBack(
  lines: readonly CoverageLine[],
  recorded: (type: string) => { stage: Stage },
): Array<{ type: string; from: Stage; to: Stage; reason: string }> {
  return lines.flatMap(({ type, stage, reason, export: exported }) => {
    const from = recorded(type).stage;
    // A run without export says nothing of later stages.
    const expected = exported ? from : at(from) > at('forward') ? 'forward' : from;
    return from !== 'untested' && at(stage) < at(expected) ? [{ type, from, to: stage, reason }] : [];
  });
}

/** Lines of a file of results. @throws Error that names the line */
export function readCoverage(text: string): CoverageLine[];
export function readCoverage<T extends CoverageLine>(text: string, schema: z.ZodType<T>): T[];
export function readCoverage(text: string, schema: z.ZodType<CoverageLine> = coverageLine): CoverageLine[] {
  const lines = text.split('\n').flatMap((line, place): CoverageLine[] => {
    if (line.trim() === '') return [];
    let read: unknown;
    try {
      // JSON has no infinity, which is what Python writes for outputs that are infinite in other places.
      read = JSON.parse(line.replaceAll(/: (?:-?Infinity|NaN)\b/g, ': null'));
    } catch {
      throw new Error(`line ${place + 1} is not JSON: a run that was stopped may end within a line; delete it.`);
    }
    const parsed = schema.safeParse(read);
    if (parsed.success) return [parsed.data];
    const [issue] = parsed.error.issues;
    throw new Error(`line ${place + 1}: ${issue?.path.join('.')}: ${issue?.message}`);
  });
  // Of a type that is there twice the last line counts: a run that was resumed may have tried it again.
  return [...new Map(lines.map((line) => [line.type, line])).values()];
}

/** What is published of a run, in parts that fit into an event. */
export function coverageParts(lines: readonly CoverageLine[], checked_at: string, most: number): CoverageData[] {
  const versions = lines.find((line) => Object.keys(line.versions).length > 0)?.versions ?? {};
  const models = lines.flatMap(coveredOf);
  return Array.from({ length: Math.ceil(models.length / most) }, (_, part) => ({
    ...{ checked_at, hardware: 'cpu', precision: 'fp32', versions },
    models: models.slice(part * most, (part + 1) * most),
  }));
}
