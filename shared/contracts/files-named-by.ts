import { isModelFile, isModelUrl } from '../catalogue/model-reference.ts';
import type { TaskSpec } from './task.ts';

type Named = Pick<TaskSpec, 'executor' | 'config' | 'base'>;

/** The paths that a task's config names: its model, where that is one, and what its inputs are filled from. Pure. */
export function filesNamedBy(task: Named): string[] {
  return [...modelPaths(task), ...inputPaths(task)];
}

/** The model's path, and where its base side has another one that of this. Pure. */
export function modelPaths({ executor, config, base }: Named): string[] {
  if ((executor !== 'onnx' && executor !== 'quantize' && executor !== 'openvino') || !('model' in config)) return [];
  const models = [config.model, base === undefined || base === false ? undefined : base.model];
  return models.filter((model) => model !== undefined && isModelFile(model) && !isModelUrl(model)) as string[];
}

/** What inputs are filled from. Pure. */
export function inputPaths({ config }: Named): string[] {
  if (!('inputs' in config)) return [];
  return Object.values(config.inputs ?? {}).flatMap((setting) =>
    typeof setting === 'object' && !Array.isArray(setting) && 'file' in setting ? [setting.file] : [],
  );
}
