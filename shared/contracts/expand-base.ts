import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { baseSide } from './base.ts';
import { isSameCommit } from './commit.ts';
import type { Issue, Request } from './request.ts';
import type { TaskSpec } from './task.ts';

type BaseSide = z.infer<typeof baseSide> & { config: TaskSpec['config'] };
type Asked = Pick<Request, 'base' | 'source' | 'matrix'>;

/** The base side of a task: its config with what the request and the task itself say of the base. Undefined for none. Pure. */
export function baseSideOf(spec: TaskSpec, { base }: Asked): BaseSide | undefined {
  if (base === undefined || spec.base === false || spec.type !== 'benchmark') return undefined;
  const { commit, branch, pairs, prepare } = base;
  const { env, ...own } = spec.base ?? {};
  const config = {
    ...spec.config,
    ...(prepare === undefined || spec.executor !== 'command' ? {} : { prepare }),
    ...own,
    ...(env === undefined ? {} : { env: { ...('env' in spec.config ? spec.config.env : {}), ...env } }),
  };
  // A hash is that of the head's file.
  if ('sha256' in config && own.model !== undefined && own.sha256 === undefined) delete config.sha256;
  return { commit, ...(branch === undefined ? {} : { branch }), pairs, config: config as TaskSpec['config'] };
}

const FIELDS: Readonly<Record<TaskSpec['executor'], readonly string[]>> = {
  onnx: ['model', 'sha256'],
  torch: ['model'],
  command: ['model', 'command', 'env', 'working_directory', 'prepare'],
  noop: [],
  quantize: [],
  export: [],
  openvino: ['model', 'sha256'],
  imported: [],
  plugin: ['model'],
};

/** Base sides that can't be measured, or would measure the same as their heads. */
export function checkBase(request: Asked & Pick<Request, 'tasks'>): Issue[] {
  const issues: Issue[] = [];
  let sides = 0;
  for (const [index, spec] of request.tasks.entries()) {
    const path = `tasks[${index}]`;
    if (request.base === undefined) {
      if (spec.base === undefined || spec.base === false) continue;
      const message = 'the request has no base: write `base: { commit: … }` beside its tasks';
      issues.push({ path: `${path}.base`, code: 'base_missing', message });
      continue;
    }
    const side = baseSideOf(spec, request);
    if (side === undefined) continue;
    sides++;
    issues.push(...wrongSide(spec, side, request, path));
  }
  if (request.base !== undefined && sides === 0 && issues.length === 0) {
    const message = 'no task has a base side: only benchmarks do, and those that do not say `base: false`';
    issues.push({ path: 'base', code: 'base_unused', message });
  }
  return issues;
}

function wrongSide(spec: TaskSpec, side: BaseSide, request: Asked, path: string): Issue[] {
  const issues: Issue[] = [];
  for (const field of Object.keys(spec.base === false ? {} : (spec.base ?? {}))) {
    if (FIELDS[spec.executor].includes(field)) continue;
    const known = FIELDS[spec.executor].join(', ') || 'none';
    const message = `the base side of a task of executor ${spec.executor} has no ${field} of its own, only: ${known}`;
    issues.push({ path: `${path}.base.${field}`, code: 'unknown_field', message });
  }
  if ('skip_if_fresh' in spec && spec.skip_if_fresh !== undefined && spec.skip_if_fresh !== false) {
    const message =
      'both sides are measured by turns, so nothing can be skipped: leave out skip_if_fresh, or write `base: false` for this task';
    issues.push({ path: `${path}.skip_if_fresh`, code: 'base_and_skip_if_fresh', message });
  }
  if (issues.length === 0 && spec.executor !== 'noop' && measuresTheSame(spec, side, request)) {
    const message =
      spec.executor === 'onnx' || spec.executor === 'torch' || spec.executor === 'openvino'
        ? 'both sides would measure the same model: name the one of the base in `base: { model: … }` of this task, or write `base: false`'
        : 'both sides would run the same: use "{commit}" in `prepare`, `command` or `env`, say in `base` of this task what its base side runs, or write `base: false`';
    issues.push({ path, code: 'base_is_the_same', message });
  }
  return issues;
}

/** Whether nothing that a side runs depends on which side it is. */
function measuresTheSame({ config }: TaskSpec, side: BaseSide, { source }: Asked): boolean {
  if (!isDeepStrictEqual(withoutEmpty(config), withoutEmpty(side.config))) return false;
  if (!('command' in config)) return true;
  const text = JSON.stringify([config.command, config.prepare, config.env]);
  if (text.includes('{commit}') && !isSameCommit(source?.commit, side.commit)) return false;
  return !(text.includes('{branch}') && source?.branch !== side.branch);
}

const withoutEmpty = (config: TaskSpec['config']): object =>
  Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
