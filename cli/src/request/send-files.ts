import { createReadStream } from 'node:fs';
import type { Client } from '@benchwire/shared/client/client.ts';
import { ARTIFACTS_STREAM } from '@benchwire/shared/contracts/artifact.ts';
import { MAX_ARTIFACT_BYTES } from '@benchwire/shared/contracts/limits.ts';
import type { RequestFile } from '@benchwire/shared/contracts/request-file.ts';
import { ArtifactStore } from '@benchwire/shared/runtime/artifact-store.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { uploadArtifact } from '@benchwire/shared/runtime/upload-artifact.ts';
import { JetStreamApiError, jetstream } from '@nats-io/jetstream';
import type { CliContext } from '../context.ts';
import { UsageError } from '../errors.ts';
import { formatBytes } from '../terminal/numbers.ts';
import type { ReadFile } from './read-files.ts';

/** An upload that another one got in the way of is tried again. */
const TRIES = 3;

/**
 * Brings the files to the stack that it does not have.
 * @returns what the request says of them; undefined for a stack of before 0.5, whose workers find files by their paths only
 * @throws UsageError for a file that is too large, where no worker of this machine can read it; BenchwireError ARTIFACTS_FULL
 */
export async function sendFiles(
  context: CliContext,
  client: Client,
  files: readonly ReadFile[],
): Promise<RequestFile[] | undefined> {
  if (files.length === 0) return [];
  const store = await ArtifactStore.open(client.nats);
  const room = await roomOf(store);
  if (room === undefined) return undefined;
  const limit = Math.min(MAX_ARTIFACT_BYTES, room);
  const sent: RequestFile[] = [];
  for (const { file, paths } of files) {
    const size = file.parts.reduce((sum, part) => sum + part.size_bytes, 0);
    if (size > room || file.parts.some((part) => part.size_bytes > limit)) {
      sent.push(await onlyHere(context, client, file, size, limit));
      continue;
    }
    for (const [index, { name, sha256, size_bytes }] of file.parts.entries()) {
      if ((await store.find(sha256)) === undefined)
        context.err.line(`sending ${name} to the stack (${formatBytes(size_bytes)}) …`);
      await upload(client, store, sha256, size_bytes, paths[index] ?? '');
    }
    sent.push(file);
  }
  return sent;
}

async function upload(
  client: Client,
  store: ArtifactStore,
  sha256: string,
  size_bytes: number,
  path: string,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const content = createReadStream(path, { highWaterMark: 512 * 1024 });
      await uploadArtifact({ store, client: jetstream(client.nats), sha256, size_bytes, content });
      return;
    } catch (error) {
      if (error instanceof BenchwireError && error.code === 'ARTIFACT_WRONG_HASH')
        throw new UsageError(`${path} was changed while it was read: run the command again.`);
      if (!(error instanceof BenchwireError) || error.code !== 'ARTIFACT_DISTURBED' || attempt === TRIES) throw error;
    }
  }
}

/** A file that is too large goes nowhere, so only a worker of this machine can measure it. */
async function onlyHere(
  context: CliContext,
  client: Client,
  file: RequestFile,
  size: number,
  limit: number,
): Promise<RequestFile> {
  const { rows } = await client.query('workers', {});
  const here = file.local?.hostname;
  const isHere = rows.some(
    ({ state, capabilities }) => state !== 'left' && state !== 'lost' && capabilities?.hostname === here,
  );
  const what = `${file.path} has ${formatBytes(size)}, and files of at most ${formatBytes(limit)} are sent to workers`;
  if (!isHere)
    throw new UsageError(
      `${what}. Name it by an https URL with its sha256, or put it into a folder that the workers share (WORKER_MODEL_DIRS there) and add --no-upload.`,
    );
  context.err.line(`${what}: its tasks go to workers on this machine only.`);
  return { ...file, only_local: true };
}

/** Bytes that files may take in all; undefined where the stack has no object store. */
async function roomOf(store: ArtifactStore): Promise<number | undefined> {
  try {
    const { config } = await store.manager.streams.info(ARTIFACTS_STREAM);
    return config.max_bytes > 0 ? config.max_bytes : Number.POSITIVE_INFINITY;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.status === 404) return undefined;
    throw error;
  }
}
