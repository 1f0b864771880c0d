import { createReadStream } from 'node:fs';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { MadeArtifact } from '@benchwire/shared/contracts/model-artifact.ts';
import { TaskFailure } from '@benchwire/shared/model/errors.ts';
import { sha256OfFile } from '@benchwire/shared/model/sha256.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';

/** Stores a file where other workers get it from, under its hash. */
export type StoreArtifact = (
  file: MadeArtifact,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
) => Promise<void>;

/** A model that a task has made. */
interface MadeModel {
  path: string;
  /** The model that it was made of, by its one name. */
  model: string;
  /** What distinguishes it from that, in a file's name. */
  suffix: string;
  size_bytes: number;
}

/** Stores a model that was made. @throws TaskFailure where the store does not take it */
export async function storeModel(
  { path, model, suffix, size_bytes }: MadeModel,
  store: StoreArtifact,
  signal: AbortSignal,
): Promise<MadeArtifact> {
  const name = `${nameOf(model)}-${suffix}.onnx`;
  const artifact = { name, sha256: await sha256OfFile(path, signal), size_bytes, model };
  try {
    await store(artifact, createReadStream(path), signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BenchwireError)) throw error;
    const text = `The model that was made could not be stored: ${error.message}`;
    throw new TaskFailure(taskError('unknown', 'ARTIFACT_NOT_STORED', text, true));
  }
  return artifact;
}

/** The end of a path or URL, in characters that every file system has. */
function nameOf(model: string): string {
  const last = model.split(/[/\\]/).at(-1) ?? model;
  const plain = last.replace(/\.onnx$/i, '').replace(/[^A-Za-z0-9._-]+/g, '-');
  return plain.replace(/^[^A-Za-z0-9]+/, '').slice(0, 80) || 'model';
}
