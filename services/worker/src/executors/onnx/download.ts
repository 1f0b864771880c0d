import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { badModel, messageOf, TaskFailure, taskError } from './errors.ts';
import { sha256OfFile } from './sha256.ts';

export interface DownloadOptions {
  /** Downloaded models stay here as `<sha256>.onnx`. */
  cache_folder: string;
  max_download_bytes: number;
  /** For tests; the global one otherwise. */
  fetch?: typeof fetch;
}

const MAX_REDIRECTS = 5;

/**
 * The file behind an https URL, downloaded unless the cache has it. Its content is what `sha256` says, or a
 * `TaskFailure` is thrown; the file appears in the cache whole or not at all.
 */
export async function downloadModel(
  url: string,
  sha256: string | undefined,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<{ path: string; sha256: string; size_bytes: number }> {
  if (!/^https:\/\//i.test(url) || !URL.canParse(url)) {
    throw badModel('MODEL_URL_NOT_HTTPS', `Models are downloaded from https URLs only, and "${url}" is none.`);
  }
  if (sha256 === undefined) {
    throw badModel(
      'MODEL_SHA256_MISSING',
      'A model from a URL needs config.sha256, the SHA-256 of its content in hex, so that what is measured is known.',
    );
  }
  const path = join(options.cache_folder, `${sha256}.onnx`);
  const cached = await stat(path).catch(() => null);
  // The hash is checked again: a cache may have been cut short by a full disk, or been touched.
  if (cached?.isFile() && (await sha256OfFile(path, signal)) === sha256) {
    return { path, sha256, size_bytes: cached.size };
  }
  await mkdir(options.cache_folder, { recursive: true });
  const part = join(options.cache_folder, `${sha256}.${randomUUID()}.part`);
  try {
    const response = await request(url, options.fetch ?? fetch, signal);
    const { hash, size_bytes } = await store(response, part, url, options.max_download_bytes, signal);
    if (hash !== sha256) {
      throw badModel('MODEL_HASH_MISMATCH', `${url} has the sha256 ${hash}, but config.sha256 is ${sha256}.`);
    }
    await rename(part, path);
    return { path, sha256, size_bytes };
  } finally {
    await rm(part, { force: true });
  }
}

async function request(url: string, fetchUrl: typeof fetch, signal: AbortSignal): Promise<Response> {
  let next = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await fetchUrl(next, { signal, redirect: 'manual' }).catch((error: unknown) => {
      signal.throwIfAborted();
      const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
      throw downloadFailed(`${next} could not be reached: ${cause}`, true);
    });
    if (response.ok) return response;
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) {
      const temporary = response.status >= 500 || response.status === 408 || response.status === 429;
      throw downloadFailed(`${next} answered with status ${response.status}`, temporary);
    }
    next = new URL(location, next).href;
    // By hand, because a redirect must not lead to plain http.
    if (!next.startsWith('https://')) throw downloadFailed(`${url} redirects to ${next}, which is not https`, false);
  }
  throw downloadFailed(`${url} redirects more than ${MAX_REDIRECTS} times`, false);
}

async function store(
  response: Response,
  part: string,
  url: string,
  max_bytes: number,
  signal: AbortSignal,
): Promise<{ hash: string; size_bytes: number }> {
  const hash = createHash('sha256');
  let size_bytes = 0;
  const measure = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      size_bytes += chunk.byteLength;
      if (size_bytes > max_bytes) {
        throw downloadFailed(`${url} is larger than the worker's limit of ${max_bytes} bytes`, false);
      }
      hash.update(chunk);
      yield chunk;
    }
  };
  // The cast bridges two declarations of the same class, fetch's and Node's.
  const body = Readable.fromWeb((response.body ?? new Blob([]).stream()) as ReadableStream<Uint8Array>);
  try {
    await pipeline(body, measure, createWriteStream(part, { flags: 'wx' }), { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TaskFailure) throw error;
    throw downloadFailed(`the download of ${url} broke off: ${messageOf(error)}`, true);
  }
  return { hash: hash.digest('hex'), size_bytes };
}

function downloadFailed(message: string, retriable: boolean): TaskFailure {
  // A server or network that is away says nothing about the model.
  return new TaskFailure(taskError(retriable ? 'unknown' : 'bad_model', 'MODEL_DOWNLOAD_FAILED', message, retriable));
}
