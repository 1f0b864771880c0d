import { didYouMean } from '../runtime/near-names.ts';
import { makerOf } from './model-artifact.ts';
import type { Issue, Request } from './request.ts';
import type { TaskSpec } from './task.ts';

/** Models that no task of the request makes, or of which it would not be clear which one is meant. Pure. */
export function checkArtifacts({ tasks }: Pick<Request, 'tasks'>): Issue[] {
  const makers = new Map(
    tasks
      .filter(({ executor }) => executor === 'quantize' || executor === 'export')
      .map((task) => [task.task_id, task]),
  );
  const issues: Issue[] = [];
  for (const [index, task] of tasks.entries()) {
    const model = 'model' in task.config ? task.config.model : undefined;
    const task_id = makerOf(model);
    if (task_id === undefined) continue;
    const message = reasonAgainst(task, task_id, makers, tasks);
    if (message !== undefined)
      issues.push({ path: `tasks[${index}].config.model`, code: 'artifact_not_made', message });
  }
  return issues;
}

function reasonAgainst(
  { executor, task_id: own, base }: TaskSpec,
  task_id: string,
  makers: ReadonlyMap<string, TaskSpec>,
  tasks: readonly TaskSpec[],
): string | undefined {
  if (executor !== 'onnx' && executor !== 'quantize' && executor !== 'openvino')
    return `a task of executor ${executor} loads no model: artifact_of is for onnx, openvino and quantize`;
  if (task_id === own) return 'a task cannot use the model that it makes itself';
  if (base !== undefined && base !== false)
    return 'a task with a base side of its own needs a model that is there already';
  const maker = makers.get(task_id);
  if (maker !== undefined) {
    if (maker.repetitions > 1) return `"${task_id}" has repetitions, and each makes a model: which one is meant?`;
    if (maker.placement === 'each')
      return `"${task_id}" is placed on each pool, and makes a model on each: which one is meant?`;
    return undefined;
  }
  const other = tasks.find((each) => each.task_id === task_id);
  if (other !== undefined)
    return `"${task_id}" makes no model: tasks with \`type: quantize\` or \`type: export\` do, and it is of executor ${other.executor}`;
  return `no task of this request is called "${task_id}".${didYouMean(task_id, makers.keys())} A model is made by a task with \`type: quantize\` or \`type: export\``;
}
