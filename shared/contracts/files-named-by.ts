import { isModelFile, isModelUrl } from '../catalogue/model-reference.ts';
import type { TaskSpec } from './task.ts';

type Named = Pick<TaskSpec, 'executor' | 'config'>;

/** The paths that a task's config names: its model, where that is one, and what its inputs are filled from. Pure. */
export function filesNamedBy(task: Named): string[] {
  return [...modelPaths(task), ...inputPaths(task)];
}

/** The model's path: one, or none. Pure. */
export function modelPaths({ executor, config }: Named): string[] {
  if (executor !== 'onnx' || !('model' in config) || config.model === undefined) return [];
  return isModelFile(config.model) && !isModelUrl(config.model) ? [config.model] : [];
}

/** What inputs are filled from. Pure. */
export function inputPaths({ config }: Named): string[] {
  if (!('inputs' in config)) return [];
  return Object.values(config.inputs ?? {}).flatMap((setting) =>
    typeof setting === 'object' && !Array.isArray(setting) && 'file' in setting ? [setting.file] : [],
  );
}
