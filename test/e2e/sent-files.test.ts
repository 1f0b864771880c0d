import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalStack, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import { ARTIFACTS_STREAM } from '@benchwire/shared/contracts/artifact.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { loadConfig, natsVariables } from '@benchwire/shared/runtime/config.ts';
import { connectNats } from '@benchwire/shared/runtime/nats.ts';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addModel, externalModel } from '../../services/worker/test-support/onnx-model.ts';
import { type BwProcess, type BwResult, bw, startBw } from '../support/bw.ts';

/** A worker that joined gets the files that `bw run` reads where its user is; it has none of its own. */

const folder = mkdtempSync(join(tmpdir(), 'bw-sent-'));
const cache = join(folder, 'worker-cache');
const project = join(folder, 'project');
const weights = Buffer.from(new Float32Array(16).fill(1).buffer);
let stack: LocalStack;
let worker: BwProcess;

beforeAll(async () => {
  mkdirSync(join(project, 'models/deep'), { recursive: true });
  mkdirSync(join(project, 'requests'));
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(project, 'models/encoder.onnx'), externalModel(4, 'deep/w.bin'));
  writeFileSync(join(project, 'models/deep/w.bin'), weights);
  writeFileSync(join(project, 'models/add.onnx'), addModel(['batch', 4]));
  stack = await startLocalStack({
    dataDir: join(folder, 'data'),
    services: { worker: 0 },
    env: { LOG_LEVEL: 'warn' },
  });
  worker = startBw(['worker', '--join', (stack.env.NATS_URL ?? '').replace('//', `//${stack.env.WORKER_NATS_USER}@`)], {
    env: {
      NATS_PASSWORD: stack.env.WORKER_NATS_PASSWORD ?? '',
      WORKER_EXECUTORS: 'onnx',
      WORKER_MODEL_DIRS: join(folder, 'empty'),
      WORKER_CACHE_DIR: cache,
      WORKER_FILES_MAX_MB: '1',
    },
  });
  await worker.waitFor(/cpu-[0-9a-f]{8}/);
});
afterAll(async () => {
  worker?.child.kill('SIGTERM');
  await worker?.ended;
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Report {
  tasks: Outcome[];
}

function run(request: object | string, cwd: string, ...args: string[]): Promise<BwResult> {
  if (typeof request === 'string') return bw(['run', request, '--json', ...args], { env: stack.env, cwd });
  return bw(['run', '-', '--json', ...args], { env: stack.env, cwd, input: JSON.stringify(request) });
}

async function outcomes(result: BwResult): Promise<Outcome[]> {
  if (result.code !== 0) throw new Error(`${result.code}\n${result.stderr}\n${result.stdout}`);
  return (JSON.parse(result.stdout) as Report).tasks;
}

const short = { iterations: 3, warmup_iterations: 1 };
const kept = (): string[] => readdirSync(join(cache, 'files'));

describe('files that the worker does not have', () => {
  it('are sent with every file that they name, and measured; paths count from where bw is called', async () => {
    const request = {
      name: 'sent',
      tasks: [{ task_id: 'encoder', config: { model: './models/encoder.onnx', ...short } }],
    };
    writeFileSync(join(project, 'requests/encoder.json'), JSON.stringify(request));
    const first = await run('requests/encoder.json', project);
    expect(first.stderr).toMatch(/sending encoder\.onnx .*\n.*sending deep\/w\.bin/);
    const [outcome] = await outcomes(first);
    expect(outcome).toMatchObject({
      status: 'completed',
      model: 'models/encoder.onnx',
      environment: { model_files: 2 },
    });
    const second = await run('../requests/encoder.json', join(project, 'models')).then(({ code, stderr }) => ({
      code,
      stderr,
    }));
    expect(second.code).toBe(64);
    expect(second.stderr).toContain(
      `there is no file ${join(project, 'models/models/encoder.onnx')}, "./models/encoder.onnx" counted from the folder that bw was called in`,
    );
    const again = await run('requests/encoder.json', project);
    expect(again.stderr).not.toContain('sending');
    expect((await outcomes(again))[0]?.environment.model_sha256).toBe(outcome?.environment.model_sha256);
    expect(kept()).toEqual([outcome?.environment.model_sha256]);
  });

  it('are named by --model, too, and fed from files', async () => {
    const named = await run({ tasks: [] }, project, '--model', 'models/add.onnx').catch(() => undefined);
    expect(named?.code).toBe(64); // either a file or --model
    const result = await bw(['run', '--model', 'add.onnx', '--json'], { env: stack.env, cwd: join(project, 'models') });
    expect((await outcomes(result))[0]).toMatchObject({ status: 'completed', model: 'add.onnx' });
    writeFileSync(join(project, 'values.bin'), weights.subarray(0, 16));
    const fed = await run(
      {
        tasks: [
          { task_id: 'fed', config: { model: 'models/add.onnx', inputs: { x: { file: 'values.bin' } }, ...short } },
        ],
      },
      project,
    );
    const [outcome] = await outcomes(fed);
    expect(JSON.stringify(outcome?.results)).toContain('values.bin');
  });

  it('make room for others by last use, and come again', async () => {
    const models = ['a', 'b', 'c'].map((name, i) => {
      const model = `models/${name}.onnx`;
      writeFileSync(join(project, model), externalModel(4, `${name}.bin`));
      writeFileSync(join(project, `models/${name}.bin`), Buffer.concat([weights, Buffer.alloc(400_000, i)]));
      return model;
    });
    const result = await run(
      { tasks: models.map((model, i) => ({ task_id: `m${i}`, config: { model, ...short } })) },
      project,
    );
    expect((await outcomes(result)).map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    // Used within the last minutes, none of them may go yet: better too much than a file that is gone while it is opened.
    expect(kept().length).toBeGreaterThanOrEqual(3);
  });

  it('that were changed on the worker are fetched again', async () => {
    const request = { tasks: [{ task_id: 'encoder', config: { model: './models/encoder.onnx', ...short } }] };
    const [sha256 = ''] = kept().filter((name) => readdirSync(join(cache, 'files', name)).includes('encoder.onnx'));
    truncateSync(join(cache, 'files', sha256, 'deep/w.bin'), 0);
    expect((await outcomes(await run(request, project)))[0]?.status).toBe('completed');
  });

  it('may be uploaded over HTTP and named by their hash', async () => {
    const bytes = Buffer.concat([addModel(['batch', 8])]);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const url = `${stack.service('gateway').http_url}/api/files/${sha256}`;
    const headers = {
      authorization: `Bearer ${stack.env.BENCHWIRE_API_KEY}`,
      'content-type': 'application/octet-stream',
    };
    const missing = await fetch(url, { headers });
    expect(missing.status).toBe(404);
    const wrong = await fetch(url, { method: 'PUT', headers, body: Buffer.from('other') });
    expect([wrong.status, await wrong.json()]).toMatchObject([422, { code: 'ARTIFACT_WRONG_HASH' }]);
    const put = await fetch(url, { method: 'PUT', headers, body: bytes });
    expect([put.status, await put.json()]).toEqual([201, { sha256, size_bytes: bytes.length, was_there: false }]);
    const again = await fetch(url, { method: 'PUT', headers, body: bytes });
    expect([again.status, await again.json()]).toEqual([200, { sha256, size_bytes: bytes.length, was_there: true }]);
    expect(await (await fetch(url, { headers })).json()).toMatchObject({ sha256, size_bytes: bytes.length });

    const named = { tasks: [{ task_id: 'named', config: { model: 'nowhere/uploaded.onnx', sha256, ...short } }] };
    expect((await outcomes(await run(named, project)))[0]).toMatchObject({ status: 'completed' });
    const listed = {
      files: [{ path: 'listed.onnx', parts: [{ name: 'listed.onnx', sha256, size_bytes: bytes.length }] }],
      tasks: [{ task_id: 'listed', config: { model: 'listed.onnx', ...short } }],
    };
    const submit = (body: object) =>
      fetch(`${stack.service('gateway').http_url}/api/runs`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const accepted = (await (await submit(listed)).json()) as { run_id: string };
    const watched = await bw(['watch', accepted.run_id], { env: stack.env });
    expect(watched.stdout + watched.stderr).toContain('completed');
    const unknown = structuredClone(listed);
    for (const part of unknown.files[0]?.parts ?? []) part.sha256 = '0'.repeat(64);
    const refused = await submit(unknown);
    expect([refused.status, await refused.json()]).toMatchObject([
      422,
      { issues: [{ path: 'files[0].parts[0].sha256', code: 'file_missing' }] },
    ]);
  });
});

describe('files that cannot be sent', () => {
  it.each([
    ['that exist nowhere', 'models/none.onnx', `there is no file ${join(project, 'models/none.onnx')}`],
    ['that are folders', './models', 'is a folder'],
    ['that are links to nowhere', 'models/dangling.onnx', 'is a link that leads nowhere'],
    ['that are no models', 'requests/encoder.json', 'not an ONNX model'],
    ['beside the request only', 'beside.onnx', 'There is one beside the request'],
  ])('%s are refused at once', async (_, model, told) => {
    writeFileSync(join(project, 'requests/beside.onnx'), addModel([1]));
    rmSync(join(project, 'models/dangling.onnx'), { force: true });
    symlinkSync('gone.onnx', join(project, 'models/dangling.onnx'));
    writeFileSync(join(project, 'requests/bad.json'), JSON.stringify({ tasks: [{ task_id: 't', config: { model } }] }));
    const { code, stderr, stdout } = await run('requests/bad.json', project);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain(told);
  });

  it('since a part of them is missing are refused with its name', async () => {
    writeFileSync(join(project, 'models/half.onnx'), externalModel(4, 'gone.bin'));
    const { code, stderr } = await run({ tasks: [{ task_id: 't', config: { model: 'models/half.onnx' } }] }, project);
    expect([code, stderr]).toMatchObject([64, expect.stringContaining('gone.bin')]);
  });

  it('since they are too large go to workers of this machine only, from its folders', async () => {
    cpSync(join(project, 'models/encoder.onnx'), join(folder, 'empty/large.onnx'));
    writeFileSync(join(folder, 'empty/large.onnx'), externalModel(4, 'large.bin'));
    writeFileSync(join(folder, 'empty/large.bin'), weights);
    truncateSync(join(folder, 'empty/large.bin'), 9_000_000);
    // As on a disk that has hardly any room.
    const nats = await connectNats('test', loadConfig(z.object(natsVariables), stack.env));
    const manager = await jetstreamManager(nats);
    await manager.streams.update(ARTIFACTS_STREAM, { max_bytes: 8 * 1024 ** 2 });
    await nats.close();
    const result = await run({ tasks: [{ task_id: 't', config: { model: 'empty/large.onnx', ...short } }] }, folder);
    expect(result.stderr).toMatch(
      /empty\/large\.onnx has 9\.0 MB, and files of at most 8\.4 MB are sent to workers: its tasks go to workers on this machine only/,
    );
    expect((await outcomes(result))[0]).toMatchObject({ status: 'completed' });
    const elsewhere = await run(
      {
        files: [
          {
            path: 'x.onnx',
            parts: [{ name: 'x.onnx', sha256: '0'.repeat(64), size_bytes: 1 }],
            local: { hostname: hostname(), path: '/nowhere/x.onnx' },
            only_local: true,
          },
        ],
        tasks: [{ task_id: 't', config: { model: 'x.onnx' }, retry_policy: { max_retries: 0 } }],
      },
      folder,
    );
    expect(elsewhere.stdout).toContain('/nowhere/x.onnx is not in this worker');
  }, 120_000);
});
