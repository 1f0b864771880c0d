import { z } from 'zod';
import { sha256Hex } from './ids.ts';
import { MAX_FILE_PARTS, MAX_REQUEST_FILES } from './limits.ts';

/** A place inside of a folder: `encoder.onnx`, `weights/layer.0.bin`. */
const partName = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (name) =>
      !name.includes('\0') &&
      !/^([/\\]|[A-Za-z]:[/\\])/.test(name) &&
      name.split(/[/\\]/).every((step) => step !== '' && step !== '.' && step !== '..'),
    'a path inside of the folder, such as weights/layer.bin, without . and .. in it',
  );

/** One of the files that a model, or an input, consists of. */
export const filePart = z.strictObject({
  /** Beside the first one: a model names its other files so. */
  name: partName,
  sha256: sha256Hex,
  size_bytes: z.int().min(0),
});
export type FilePart = z.infer<typeof filePart>;

/** A file that tasks of the request name, with every file that it names itself. Since 0.5. */
export const requestFile = z.strictObject({
  /** As `config.model` or `config.inputs.<name>.file` has it. */
  path: z.string().min(1).max(2048),
  /** The file itself first. They are in the object store, unless `only_local`. */
  parts: z.array(filePart).min(1).max(MAX_FILE_PARTS),
  /** Where it was read: a worker of this machine takes it from there, as long as it is the same and in its model folders. */
  local: z.strictObject({ hostname: z.string().min(1).max(256), path: z.string().min(1).max(4096) }).optional(),
  /** It is not in the object store, since it is too large: only workers of `local.hostname` can have it. */
  only_local: z.boolean().optional(),
});
export type RequestFile = z.infer<typeof requestFile>;
export const requestFiles = z.array(requestFile).max(MAX_REQUEST_FILES);

/**
 * Whether a worker can have all files of a task: null, or why not, for a person. Pure.
 * @param worker - of its capabilities
 */
export function filesOutOfReach(
  files: readonly RequestFile[] | undefined,
  worker: { hostname: string; fetches_files?: boolean | undefined },
): string | null {
  for (const { path, local, only_local } of files ?? []) {
    if (worker.hostname === local?.hostname) continue;
    if (only_local === true) return `${path} is only on ${local?.hostname ?? 'the machine that sent the request'}`;
    if (worker.fetches_files !== true) return `the worker is too old to fetch ${path}`;
  }
  return null;
}
