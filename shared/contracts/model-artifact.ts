import { z } from 'zod';
import { isRecord } from '../runtime/is-record.ts';
import { sha256Hex, TASK_ID_PATTERN, taskId } from './ids.ts';

const PREFIX = 'artifact_of:';

/** A model that another task of the request makes, as `config.model` has it: `artifact_of:TASK`. */
export function artifactOf(task_id: string): string {
  return `${PREFIX}${task_id}`;
}

/** The task that makes the model; undefined where `model` names a model that is there already. Pure. */
export function makerOf(model: string | undefined): string | undefined {
  return model?.startsWith(PREFIX) ? model.slice(PREFIX.length) : undefined;
}

/** A config whose model is written as `{ artifact_of: TASK }`, with the short form in its place. Pure. */
export function withShortReference(config: unknown): unknown {
  if (!isRecord(config) || !isRecord(config.model)) return config;
  const { artifact_of, ...others } = config.model;
  const isReference =
    typeof artifact_of === 'string' && TASK_ID_PATTERN.test(artifact_of) && Object.keys(others).length === 0;
  return isReference ? { ...config, model: artifactOf(artifact_of) } : config;
}

/** A model that a task has made, stored under its hash (artifact.ts). Since 0.6. */
export const madeArtifact = z.object({
  /** For people, and the end of its path where a worker keeps it. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
  sha256: sha256Hex,
  size_bytes: z.int().min(1),
  /** The model that it was made of, by its one name, however the request wrote it. */
  model: z.string().min(1).max(2048),
});
export type MadeArtifact = z.infer<typeof madeArtifact>;

/** Where the model of a task comes from, when another task makes it. Since 0.6. */
export const madeOf = z.strictObject({
  task_id: taskId,
  /** The model that it is made of, which names the series. */
  model: z.string(),
  /** What distinguishes it from others that are made of that model: `int4, blocks of 32`. A setting of the series. */
  how: z.string(),
});
export type MadeOf = z.infer<typeof madeOf>;

/** The name of a task's model, for results and series: of one that another task makes, the model that it is made of. Pure. */
export function modelNameOf({ config, made_of }: { config: object; made_of?: MadeOf | undefined }): string | null {
  if (made_of !== undefined) return made_of.model;
  return 'model' in config && typeof config.model === 'string' ? config.model : null;
}
