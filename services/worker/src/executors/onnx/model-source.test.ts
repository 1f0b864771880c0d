import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TaskFailure } from '@benchwire/shared/model/errors.ts';
import { FileHashes } from '@benchwire/shared/model/file-hashes.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addModel } from '../../../test-support/onnx-model.ts';
import type { ModelSourceOptions } from './file-in-folders.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { resolveModel } from './model-source.ts';
import { allowedHosts } from './public-addresses.ts';

const CONTENT = addModel([1]);
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const never = new AbortController().signal;
let folder = '';
let server: Server;
let requests: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'model-source-test-'));
  await mkdir(join(folder, 'models/deep'), { recursive: true });
  await writeFile(join(folder, 'models/deep/mine.onnx'), CONTENT);
  await writeFile(join(folder, 'secret.onnx'), 'no');
  await symlink('deep/mine.onnx', join(folder, 'models/link.onnx'));
  await symlink('../secret.onnx', join(folder, 'models/out.onnx'));
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    switch (request.url) {
      case '/model':
        return response.end(CONTENT);
      case '/moved':
        return response.writeHead(302, { location: '/model' }).end();
      case '/to-http':
        return response.writeHead(302, { location: 'http://models.test/model' }).end();
      case '/to-login':
        return response.writeHead(302, { location: 'https://me:pa55@models.test/model' }).end();
      case '/to-nowhere':
        return response.writeHead(302, { location: 'https://' }).end();
      case '/circle':
        return response.writeHead(302, { location: '/circle' }).end();
      case '/broken':
        response.writeHead(200, { 'content-length': 1000 }).write('begin');
        return setImmediate(() => response.destroy());
      case '/busy':
        return response.writeHead(503).end();
      default:
        return response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  requests = [];
  await rm(join(folder, 'cache'), { recursive: true, force: true });
});

function options(): ModelSourceOptions {
  return {
    model_folders: [join(folder, 'nowhere'), join(folder, 'models')],
    cache_folder: { path: join(folder, 'cache'), is_default: true },
    max_download_bytes: 1000,
    hashes: new FileHashes(),
    // The real fetch against a real server; only the certificate is spared.
    fetch: (url, init) =>
      fetch(
        String(url).replace('https://models.test', `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
        init,
      ),
  };
}
const find = (model: string, sha256?: string) => resolveModel(model, sha256, options(), never);
async function errorOf(model: string, sha256?: string): Promise<TaskFailure['task_error']> {
  const error = await find(model, sha256).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof TaskFailure) return error.task_error;
  throw error ?? new Error(`${model} was found`);
}

describe('the name of a file', () => {
  test.each([
    ['deep/mine.onnx', 'deep/mine.onnx'],
    ['./deep//mine.onnx', 'deep/mine.onnx'],
    ['deep/../deep/mine.onnx', 'deep/mine.onnx'],
    ['ABSOLUTE/deep/mine.onnx', 'deep/mine.onnx'],
    ['ABSOLUTE/./deep/../link.onnx', 'link.onnx'],
  ])('%s is %s', async (written, name) => {
    const model = written.replace('ABSOLUTE', join(folder, 'models'));
    expect((await resolveModel(model, undefined, options(), never)).name).toBe(name);
  });

  test('is from the first folder that leads to it, and the whole path where another file has that name', async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    for (const [path, content] of [
      [join(one, 'same.onnx'), addModel([1])],
      [join(two, 'same.onnx'), addModel([2])],
      [join(two, 'only.onnx'), addModel([3])],
    ] as const) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }
    await symlink(two, join(folder, 'linked'));
    const name = async (model: string, ...model_folders: string[]): Promise<string> =>
      (await resolveModel(model, undefined, { ...options(), model_folders }, never)).name;
    expect(await name(join(two, 'only.onnx'), one, two)).toBe('only.onnx');
    expect(await name(join(two, 'same.onnx'), one, two)).toBe(join(two, 'same.onnx'));
    expect(await name('same.onnx', one, two)).toBe('same.onnx');
    expect(await name(join(two, 'same.onnx'), two, one)).toBe('same.onnx');
    expect(await name(join(two, 'only.onnx'), folder, two)).toBe('two/only.onnx');
    expect(await name('only.onnx', folder, two)).toBe('two/only.onnx');
    expect(await name(join(two, 'only.onnx'), join(folder, 'linked'))).toBe('only.onnx');
    expect(await name(join(folder, 'linked/only.onnx'), join(folder, 'linked'))).toBe('only.onnx');
  });
});

describe('a path', () => {
  test.each(['deep/mine.onnx', './deep/mine.onnx', 'deep/../link.onnx', 'link.onnx'])('%s is found', async (path) => {
    expect(await find(path)).toMatchObject({ sha256: SHA256, size_bytes: CONTENT.length, catalogue: null });
  });

  test('may be absolute, and stays as it was written: what a model names is beside the link', async () => {
    expect((await find(join(folder, 'models/link.onnx'), SHA256)).path).toBe(join(folder, 'models/link.onnx'));
  });

  test.each([
    ['../secret.onnx', 'MODEL_OUTSIDE_FOLDERS'],
    ['out.onnx', 'MODEL_OUTSIDE_FOLDERS'],
    ['/etc/hostname', 'MODEL_OUTSIDE_FOLDERS'],
    // The same answer for what does not exist, so that nobody learns which files do.
    ['/etc/no-such-file', 'MODEL_OUTSIDE_FOLDERS'],
    ['deep/absent.onnx', 'MODEL_NOT_FOUND'],
    ['./deep', 'MODEL_NOT_A_FILE'],
  ])('%s is refused as %s', async (path, code) => {
    expect(await errorOf(path)).toMatchObject({ class: 'bad_model', code, retriable: false });
  });

  test('does not lead into a hidden folder, whether or not there is such a file', async () => {
    await mkdir(join(folder, 'models/data'), { recursive: true });
    await writeFile(join(folder, 'models/data/secret.onnx'), CONTENT);
    await symlink('data/secret.onnx', join(folder, 'models/into.onnx'));
    const hidden = { ...options(), hidden_folders: [join(folder, 'models/data')] };
    for (const path of ['data/secret.onnx', 'into.onnx', 'data/absent.onnx']) {
      const error = await resolveModel(path, undefined, hidden, never).catch((e) => e);
      expect(error.task_error).toMatchObject({ code: 'MODEL_OUTSIDE_FOLDERS' });
    }
    const own = { ...hidden, model_folders: [join(folder, 'models/data')] };
    expect((await resolveModel('secret.onnx', undefined, own, never)).sha256).toBe(SHA256);
  });

  test('with another hash is refused without saying which it has', async () => {
    const error = await errorOf('deep/mine.onnx', '0'.repeat(64));
    expect(error).toMatchObject({ class: 'bad_model', code: 'MODEL_HASH_MISMATCH' });
    expect(error.message).not.toContain(SHA256);
  });

  test('needs model folders', async () => {
    await expect(resolveModel('a.onnx', undefined, { ...options(), model_folders: [] }, never)).rejects.toThrow(
      /no model folders/,
    );
  });
});

describe('a URL', () => {
  test('is downloaded once, then cached', async () => {
    expect(await find('https://models.test/moved', SHA256)).toMatchObject({
      sha256: SHA256,
      size_bytes: CONTENT.length,
    });
    expect(requests).toEqual(['/moved', '/model']);
    await find('https://models.test/moved', SHA256);
    expect(requests.length).toBe(2);
    expect(await readdir(join(folder, 'cache'))).toEqual([`${SHA256}.onnx`]);
  });

  test('is downloaded again when the cached file is not what it was', async () => {
    await mkdir(join(folder, 'cache'), { mode: 0o700 });
    await writeFile(join(folder, 'cache', `${SHA256}.onnx`), 'cut short');
    await find('https://models.test/model', SHA256);
    expect(requests).toEqual(['/model']);
  });

  test.each([
    ['https://models.test/model', undefined, 'MODEL_SHA256_MISSING', /needs config.sha256/, false],
    ['http://models.test/model', SHA256, 'MODEL_URL_NOT_HTTPS', /https URLs only/, false],
    ['file:///etc/passwd', SHA256, 'MODEL_URL_NOT_HTTPS', /https URLs only/, false],
    ['https://me:pa55@models.test/model', SHA256, 'MODEL_URL_HAS_LOGIN', /^(?!.*pa55)/, false],
    ['http://me:pa55@models.test/model', SHA256, 'MODEL_URL_NOT_HTTPS', /^(?!.*pa55)/, false],
    ['https://models.test/to-login', SHA256, 'MODEL_DOWNLOAD_FAILED', /^(?!.*pa55)/, false],
    ['https://models.test/to-nowhere', SHA256, 'MODEL_DOWNLOAD_FAILED', /not a URL/, false],
    ['https://models.test/model', '0'.repeat(64), 'MODEL_HASH_MISMATCH', new RegExp(SHA256), false],
    ['https://models.test/absent', SHA256, 'MODEL_DOWNLOAD_FAILED', /status 404/, false],
    ['https://models.test/busy', SHA256, 'MODEL_DOWNLOAD_FAILED', /status 503/, true],
    ['https://models.test/to-http', SHA256, 'MODEL_DOWNLOAD_FAILED', /not https/, false],
    ['https://models.test/circle', SHA256, 'MODEL_DOWNLOAD_FAILED', /redirects more than 5/, false],
    ['https://models.test/broken', SHA256, 'MODEL_DOWNLOAD_FAILED', /broke off/, true],
  ] as const)('%s with %s is refused as %s', async (url, sha256, code, message, retriable) => {
    const error = await errorOf(url, sha256);
    expect(error).toMatchObject({ class: retriable ? 'unknown' : 'bad_model', code, retriable });
    expect(error.message).toMatch(message);
    // Nothing half-done stays behind.
    expect(await readdir(join(folder, 'cache')).catch(() => [])).toEqual([]);
  });

  test('may not be larger than the limit', async () => {
    const small = { ...options(), max_download_bytes: CONTENT.length - 1 };
    await expect(resolveModel('https://models.test/model', SHA256, small, never)).rejects.toThrow(/larger than/);
    expect(await readdir(small.cache_folder.path)).toEqual([]);
  });

  test('gives the same answer whether nobody listens there, somebody does who speaks no TLS, or nobody answers', async () => {
    const silent = createTcpServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    silent.on('connection', (socket) => setTimeout(() => socket.destroy(), 50));
    const reasons: string[] = [];
    const allowed = {
      ...options(),
      fetch: guardedFetch(allowedHosts(['127.0.0.1'])),
      onUnreachable: (_url: string, reason: string) => void reasons.push(reason),
    };
    const ports = [1, (server.address() as AddressInfo).port, (silent.address() as AddressInfo).port];
    const messages = [];
    for (const port of ports) {
      const error = await resolveModel(`https://127.0.0.1:${port}/model`, SHA256, allowed, never).catch((e) => e);
      expect(error.task_error).toMatchObject({ code: 'MODEL_DOWNLOAD_FAILED', retriable: true });
      messages.push(error.task_error.message.replace(`:${port}`, ':PORT'));
    }
    silent.close();
    expect(new Set(messages).size).toBe(1);
    // The operator can find out what it was.
    expect(new Set(reasons).size).toBe(3);
  });

  test.each([
    'https://127.0.0.1/m',
    'https://2130706433/m',
    'https://0x7f.1/m',
    'https://[::1]/m',
    'https://[::ffff:127.0.0.1]/m',
    'https://[64:ff9b::7f00:1]/m',
    'https://169.254.169.254/latest/meta-data',
    'https://[fd00:ec2::254]/m',
    'https://10.0.0.1/m',
    'https://0.0.0.0/m',
    'https://100.100.100.200/m',
    'https://224.0.0.1/m',
    'https://localhost/m',
  ])('%s is refused without a connection', async (url) => {
    const guarded = { ...options(), fetch: guardedFetch(allowedHosts([])) };
    const error = await resolveModel(url, SHA256, guarded, never).catch((e) => e);
    expect(error.task_error).toMatchObject({ class: 'bad_model', code: 'MODEL_URL_NOT_ALLOWED', retriable: false });
    expect(error.task_error.message).toContain('WORKER_MODEL_URL_ALLOW=');
  });

  test('that nobody answers at can be tried again', async () => {
    const unreachable = { ...options(), fetch: () => fetch('http://127.0.0.1:1/') };
    const failure = resolveModel('https://models.test/model', SHA256, unreachable, never);
    await expect(failure).rejects.toMatchObject({ task_error: { code: 'MODEL_DOWNLOAD_FAILED', retriable: true } });
  });

  test('is left when aborted', async () => {
    const aborted = AbortSignal.abort('cancelled');
    await expect(resolveModel('https://models.test/model', SHA256, options(), aborted)).rejects.toBe('cancelled');
  });
});
