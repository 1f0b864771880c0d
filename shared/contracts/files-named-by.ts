import { isModelFile, isModelUrl } from '../catalogue/model-reference.ts';
import type { TaskSpec } from './task.ts';

/** The paths that a task's config names: its model, where that is one, and what its inputs are filled from. Pure. */
export function filesNamedBy({ executor, config }: Pick<TaskSpec, 'executor' | 'config'>): string[] {
  return executor === 'onnx' ? [...modelPath(config), ...inputPaths(config)] : [];
}

function modelPath(config: TaskSpec['config']): string[] {
  if (!('model' in config) || config.model === undefined) return [];
  return isModelFile(config.model) && !isModelUrl(config.model) ? [config.model] : [];
}

function inputPaths(config: TaskSpec['config']): string[] {
  if (!('inputs' in config)) return [];
  return Object.values(config.inputs ?? {}).flatMap((setting) =>
    typeof setting === 'object' && !Array.isArray(setting) && 'file' in setting ? [setting.file] : [],
  );
}
