import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { OnnxConfig } from '@benchwire/shared/contracts/task.ts';
import { badInput } from '@benchwire/shared/model/errors.ts';
import { FileHashes } from '@benchwire/shared/model/file-hashes.ts';
import { fileInFolders, type ModelSourceOptions } from './file-in-folders.ts';
import type { InputFile } from './input-files.ts';
import { findSentFile } from './sent-files.ts';

export interface InputFiles {
  /** By input. */
  files: Record<string, InputFile>;
  /** Of all of them, for the series: another content is another measurement. Null without any. */
  sha256: string | null;
}

/** Larger ones would only be repeated reading of what no model is fed with. */
const MAX_FILE_BYTES = 1024 ** 3;

/** Finds the files that config.inputs names; like models they have to lie in the worker's model folders. Throws `TaskFailure`. */
export async function findInputFiles(
  config: Pick<OnnxConfig, 'inputs'>,
  options: ModelSourceOptions,
  signal: AbortSignal,
): Promise<InputFiles> {
  const hashes = options.hashes ?? new FileHashes();
  const files: Record<string, InputFile> = {};
  for (const [input, setting] of Object.entries(config.inputs ?? {})) {
    if (typeof setting !== 'object' || Array.isArray(setting) || !('file' in setting)) continue;
    const path =
      (await findSentFile(setting.file, options, signal))?.path ?? (await fileInFolders(setting.file, options));
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES)
      throw badInput(
        'INPUT_FILE_WRONG',
        `config.inputs.${input}: ${setting.file} has ${size} bytes, at most ${MAX_FILE_BYTES} are possible.`,
      );
    files[input] = { path, file: setting.file, sha256: await hashes.sha256(path, signal) };
  }
  const named = Object.entries(files).map(([input, { sha256 }]) => [input, sha256]);
  if (named.length === 0) return { files, sha256: null };
  return { files, sha256: createHash('sha256').update(JSON.stringify(named.sort())).digest('hex') };
}
