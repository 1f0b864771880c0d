import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CompatibilityAnswer } from '@benchwire/shared/catalogue/compatibility.ts';
import { outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bw as startBw } from '../support/bw.ts';
import { outcomeWith } from '../support/outcomes.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** Coverage runs and outcomes of tasks, from the door to `bw matrix`, on a real stack. */
const folder = mkdtempSync(join(tmpdir(), 'bw-matrix-'));
const WITHIN = { timeout: 60_000, interval: 200 };
let fixture: StackFixture;

beforeAll(async () => {
  fixture = await StackFixture.start({
    dataDir: join(folder, 'data'),
    env: { LOG_LEVEL: 'warn' },
    services: { worker: 0 },
  });
}, 180_000);
afterAll(async () => {
  await fixture?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const bw = (...args: string[]) => startBw(args, { env: fixture.stack.env, cwd: folder });
const matrix = async (...args: string[]): Promise<CompatibilityAnswer> =>
  JSON.parse((await bw('matrix', ...args, '--json')).stdout) as CompatibilityAnswer;

const line = (changes: object): string =>
  `${JSON.stringify({ type: 'bert', stage: 'forward', reason: '', versions: { torch: '2.15.0' }, ...changes })}\n`;

describe('a coverage run', () => {
  it('is recorded, names what fell back, and shows in the matrix until a task says more', async () => {
    const found = [
      line({ stage: 'equal', export: true, difference: 1e-6 }),
      line({ type: 'gpt2', stage: 'config', reason: 'no such field' }),
    ];
    writeFileSync(join(folder, 'coverage.jsonl'), found.join(''));
    const recorded = await bw('models', '--record', 'coverage.jsonl');
    expect(recorded.code, recorded.stderr).toBe(0);
    expect(recorded.stdout).toContain('recorded 2 model types, 3 results');
    expect(recorded.stderr).toContain('gpt2 fell back from equal to config: no such field');
    await vi.waitFor(async () => {
      const shown = await bw('models', 'gpt2', '--coverage');
      expect(shown.stdout).toMatch(/gpt2 +torch +config .*no such field/);
    }, WITHIN);
    const { items } = await matrix('bert', '--family', 'bert', '--hardware', 'cpu');
    expect(items).toMatchObject([
      { executor: 'onnx', state: 'works', source: 'coverage', stage: 'equal' },
      { executor: 'torch', state: 'works', source: 'coverage', stage: 'forward' },
    ]);

    const measured = {
      model: 'bert',
      executor: 'torch',
      precision: 'bf16',
      pool: 'cpu-12345678',
      benchmark: 'm',
    } as const;
    const error = { class: 'bad_model', code: 'MODEL_FAILED', message: 'no bf16 here', retriable: false } as const;
    const failed = outcomeWith(1, { ...measured, status: 'failed', error });
    const completed = outcomeWith(7, { ...measured, precision: 'fp32' });
    for (const each of [failed, completed]) fixture.client.nats.publish(outcomeSubject(each), JSON.stringify(each));
    await vi.waitFor(async () => {
      const { items: after } = await matrix('bert', '--family', 'bert', '--executor', 'torch');
      expect(after).toMatchObject([
        { precision: 'bf16', state: 'fails', reason: 'no bf16 here', error_class: 'bad_model', source: 'outcomes' },
        { precision: 'fp32', state: 'works', source: 'outcomes', run_id: completed.run_id },
      ]);
    }, WITHIN);
  }, 180_000);

  it('cannot be read: the line is named, and nothing is recorded', async () => {
    writeFileSync(join(folder, 'broken.jsonl'), `${line({})}{"type": "vit", "sta`);
    const broken = await bw('models', '--record', 'broken.jsonl');
    expect([broken.code, broken.stderr]).toEqual([64, expect.stringContaining('line 2 is not JSON')]);
    const none = await bw('models', '--record', 'nowhere.jsonl');
    expect([none.code, none.stderr]).toEqual([64, expect.stringContaining('nowhere.jsonl')]);
    expect((await bw('models', 'vit', '--coverage')).stderr).toContain('no coverage run is recorded');
    const unknown = await bw('models', 'vitt', '--coverage');
    expect(unknown.stderr).toContain('Did you mean');
  }, 60_000);
});

describe('bw matrix', () => {
  it('filters, counts what nobody tried, and exports', async () => {
    const untested = await matrix('--state', 'untested', '--family', 'bert', '--hardware', 'cuda');
    expect(untested.items.map(({ hardware, state }) => [hardware, state])).toContainEqual(['cuda', 'untested']);
    expect(untested.counts.untested).toBe(untested.items.length);
    const csv = (await bw('matrix', '--family', 'gpt2', '--format', 'csv')).stdout;
    expect(csv.split('\n')[0]).toMatch(/^model,family,hardware,executor,precision,state,reason/);
    expect(csv).toContain('gpt2');
    const table = await bw('matrix', 'bert', '--state', 'fails', '--precision', 'bf16');
    expect(table.stdout).toMatch(/bert +cpu +torch +bf16 +fails/);
    expect(table.stderr).toContain('1 fail');
  }, 60_000);

  it.each([
    [['--hardware', 'cudda'], 'Did you mean "cuda"'],
    [['--family', 'bertt'], 'Did you mean "bert"'],
    [['--state', 'broken'], 'works'],
  ])('refuses %j', async (args, message) => {
    const refused = await bw('matrix', ...args);
    expect([refused.code, refused.stderr]).toEqual([64, expect.stringContaining(message)]);
  });
});
