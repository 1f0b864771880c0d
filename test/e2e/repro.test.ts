import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addModel } from '../../services/worker/test-support/onnx-model.ts';
import { type BwResult, bw, startProgram } from '../support/bw.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** `bw repro` of tasks: the archive has the files that a request names, runs on another folder, and says what it does not have. */
const folder = mkdtempSync(join(tmpdir(), 'bw-repro-'));
let fixture: StackFixture;

beforeAll(async () => {
  mkdirSync(join(folder, 'project/models'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'project/models/add.onnx'), addModel(['batch', 4]));
  const env = { LOG_LEVEL: 'warn', WORKER_MODEL_DIRS: join(folder, 'empty') };
  fixture = await StackFixture.start({ dataDir: join(folder, 'data'), env, services: { gateway: 0 } });
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const call = (...args: string[]): Promise<BwResult> => bw(args, { env: fixture.stack.env, cwd: folder });

/** The folder of an archive, unpacked. */
async function unpacked(point: string): Promise<{ archive: string; missing: string[] }> {
  const { code, stdout, stderr } = await call('repro', point, '--json');
  expect(code, stderr).toBe(0);
  const { file, missing } = JSON.parse(stdout) as { file: string; missing: string[] };
  execFileSync('tar', ['-xzf', file, '-C', folder]);
  return { archive: join(folder, basename(file, '.tar.gz')), missing };
}

async function measureAgain(archive: string): Promise<BwResult> {
  return await startProgram(process.execPath, [join(archive, 'measure-again.mjs'), '--json'], {
    env: { ...fixture.stack.env, BW: `${process.execPath} ${join(repositoryRoot, 'cli/src/main.ts')}` },
    cwd: tmpdir(),
  }).ended;
}

it('has the model of a request, and measures it again where the project is gone', async () => {
  const config = { model: './models/add.onnx', batch_sizes: [1, 2], iterations: 30, warmup_iterations: 1 };
  const request = {
    name: 'own',
    tasks: [
      { task_id: 'add', config },
      { task_id: 'other', executor: 'noop' },
    ],
  };
  const ran = await bw(['run', '-', '--json'], {
    ...{ env: fixture.stack.env, cwd: join(folder, 'project') },
    input: JSON.stringify(request),
  });
  expect(ran.code, ran.stderr).toBe(0);
  const { run_id } = JSON.parse(ran.stdout) as { run_id: string };
  const { archive } = await unpacked(`${run_id}/add`);
  expect(readFileSync(join(archive, 'models/add.onnx'))).toEqual(readFileSync(join(folder, 'project/models/add.onnx')));
  const kept = JSON.parse(readFileSync(join(archive, 'request.json'), 'utf8'));
  expect(kept.tasks.map(({ task_id }: { task_id: string }) => task_id)).toEqual(['add']);
  rmSync(join(folder, 'project'), { recursive: true });

  const again = await measureAgain(archive);
  expect(again.code, again.stderr).toBe(0);
  const { status, rows, differences } = JSON.parse(again.stdout);
  expect(status).toBe('completed');
  expect(rows.map(({ name }: { name: string }) => name)).toContain('latency_ms (batch 2)');
  for (const { is } of rows) expect(is).toBeGreaterThan(0);
  // The same bytes.
  expect(differences.filter(({ name }: { name: string }) => name === 'model_sha256')).toEqual([]);
});

it('says what is missing, and what to name', async () => {
  const { run_id } = await fixture.client.submit({
    name: 'broken',
    tasks: [{ task_id: 'a', executor: 'noop', config: { behaviour: 'fail', retriable: false } }],
  });
  await fixture.client.finished(run_id);
  const { archive, missing } = await unpacked(`${run_id}/a`);
  const written = readFileSync(join(archive, 'MISSING.md'), 'utf8');
  expect(written).toMatch(/results: the last attempt ended as failed/);
  expect(written).toMatch(/samples.json: the stack has no raw points/);
  for (const each of missing) expect(written).toContain(each);
  expect(existsSync(join(archive, 'finding.json'))).toBe(false);
  const again = await measureAgain(archive);
  expect(again.code).toBe(1);

  const run_alone = await call('repro', run_id);
  expect(run_alone.code).toBe(64);
  expect(run_alone.stderr).toMatch(/is a run: name one of its tasks/);
  const unknown = await call('repro', `${run_id}/b`);
  expect(unknown.stderr).toMatch(/has no task "b"/);
  expect((await call('repro', 'last')).stderr).toMatch(/no findings yet/);
});
