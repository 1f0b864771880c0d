import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { badModel, messageOf, TaskFailure } from '@benchwire/shared/model/errors.ts';
import { sha256OfFile } from '@benchwire/shared/model/sha256.ts';
import { withoutCredentials } from '@benchwire/shared/runtime/server-url.ts';
import { type CacheFolder, ensureCacheFolder } from './cache-folder.ts';
import { HostNotAllowedError } from './guarded-fetch.ts';

export interface DownloadOptions {
  /** Downloaded models stay here as `<sha256>.onnx`. */
  cache_folder: CacheFolder;
  max_download_bytes: number;
  /** Goes to allowed hosts only. */
  fetch: typeof fetch;
  /** Why a server could not be reached, for the operator: requests must not learn which ports of the network are open. */
  onUnreachable?: (url: string, reason: string) => void;
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
    throw badModel(
      'MODEL_URL_NOT_HTTPS',
      `Models are downloaded from https URLs only, and "${withoutCredentials(url)}" is not one.`,
    );
  }
  if (hasLogin(url)) {
    throw badModel(
      'MODEL_URL_HAS_LOGIN',
      `The URL of a model has a login in it, which would be stored with the request: ${withoutCredentials(url)} without it has to do.`,
    );
  }
  if (sha256 === undefined) {
    throw badModel(
      'MODEL_SHA256_MISSING',
      'A model from a URL needs config.sha256, the SHA-256 of its content in hex, so that what is measured is known.',
    );
  }
  await ensureCacheFolder(options.cache_folder);
  const path = join(options.cache_folder.path, `${sha256}.onnx`);
  const cached = await stat(path).catch(() => null);
  // The hash is checked again: a cache may have been cut short by a full disk, or been touched.
  if (cached?.isFile() && (await sha256OfFile(path, signal)) === sha256) {
    return { path, sha256, size_bytes: cached.size };
  }
  const part = join(options.cache_folder.path, `${sha256}.${randomUUID()}.part`);
  try {
    const response = await request(url, options, signal);
    const { hash, size_bytes } = await store(response, part, url, options, signal);
    if (hash !== sha256) {
      throw badModel('MODEL_HASH_MISMATCH', `${url} has the sha256 ${hash}, but config.sha256 is ${sha256}.`);
    }
    await rename(part, path);
    return { path, sha256, size_bytes };
  } finally {
    await rm(part, { force: true });
  }
}

function hasLogin(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

async function request(url: string, options: DownloadOptions, signal: AbortSignal): Promise<Response> {
  let next = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await options.fetch(next, { signal, redirect: 'manual' }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unreachable(next, error, options);
    });
    if (response.ok) return response;
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) {
      const temporary = response.status >= 500 || response.status === 408 || response.status === 429;
      throw downloadFailed(`${next} answered with status ${response.status}`, temporary);
    }
    if (!URL.canParse(location, next)) throw downloadFailed(`${next} redirects to something that is not a URL`, false);
    next = new URL(location, next).href;
    if (hasLogin(next)) throw downloadFailed(`${url} redirects to a URL with a login in it`, false);
    // By hand, because a redirect must not lead to plain http.
    if (!next.startsWith('https://')) throw downloadFailed(`${url} redirects to ${next}, which is not https`, false);
  }
  throw downloadFailed(`${url} redirects more than ${MAX_REDIRECTS} times`, false);
}

async function store(
  response: Response,
  part: string,
  url: string,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<{ hash: string; size_bytes: number }> {
  const hash = createHash('sha256');
  const max_bytes = options.max_download_bytes;
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
    options.onUnreachable?.(url, messageOf(error));
    throw downloadFailed(`the download of ${url} broke off`, true);
  }
  return { hash: hash.digest('hex'), size_bytes };
}

/**
 * The same words whether nobody listens there, somebody does who speaks no TLS, or nobody answers: else a request could find out
 * what runs in the worker's network.
 */
function unreachable(url: string, error: unknown, options: DownloadOptions): TaskFailure {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (cause instanceof HostNotAllowedError) {
    return badModel(
      'MODEL_URL_NOT_ALLOWED',
      `${url}: models are downloaded from public addresses only, and ${cause.host} has none; the worker's operator can allow ` +
        `it with WORKER_MODEL_URL_ALLOW=${cause.host}.`,
    );
  }
  options.onUnreachable?.(url, messageOf(cause));
  return downloadFailed(`${new URL(url).host} did not give the model: it could not be reached over https`, true);
}

function downloadFailed(message: string, retriable: boolean): TaskFailure {
  // A server or network that is away says nothing about the model.
  return new TaskFailure(taskError(retriable ? 'unknown' : 'bad_model', 'MODEL_DOWNLOAD_FAILED', message, retriable));
}
