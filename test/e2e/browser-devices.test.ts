import { readdirSync, readFileSync } from 'node:fs';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, whyNoChromium } from '../support/chromium.ts';
import { storedOutcomes } from '../support/outcomes.ts';
import { StackFixture } from '../support/stack-fixture.ts';

/** A real Chromium that the worker starts, as a device of the fleet beside the machine's own. */

const missing = whyNoChromium();
if (missing !== undefined) console.warn(`devices of a browser: skipped, ${missing}`);

describe.skipIf(missing !== undefined)('devices of a browser', () => {
  let fixture: StackFixture;

  beforeAll(async () => {
    fixture = await StackFixture.start({ services: { worker: 0, gateway: 0 } });
    await fixture.stack.addService('worker', {
      WORKER_ID: 'browsers',
      WORKER_CLASSES: 'cpu,wasm',
      WORKER_BROWSERS: `chromium=${CHROMIUM}`,
    });
  }, 240_000);
  afterAll(() => fixture?.stop());

  const model = { model: 'silero-vad-v5', warmup_iterations: 2 };
  const task = (task_id: string, hardware: string[], config: object): object => ({
    ...{ task_id, placement: 'each', requirements: { hardware } },
    config: { ...model, ...config },
  });

  async function outcomesOf(name: string, ...tasks: object[]): Promise<Outcome[]> {
    const { run_id } = await fixture.client.submitWritten({ name, tasks });
    await fixture.client.finished(run_id);
    return await storedOutcomes(fixture.nats, run_id);
  }

  it('measure what the processor measures, in the same run, series apart by the fingerprint alone', async () => {
    const settings = { batch_sizes: [1, 2], iterations: 64 };
    const outcomes = await outcomesOf('vad', task('vad', ['cpu', 'wasm'], settings));
    const of = (start: string): Outcome | undefined => outcomes.find(({ pool }) => pool?.startsWith(start));
    const [cpu, wasm] = [of('cpu-'), of('wasm-')];
    expect(outcomes).toHaveLength(2);
    expect(wasm).toMatchObject({ status: 'completed', executor: 'onnx', device_id: 'chromium-wasm' });
    for (const field of ['benchmark', 'model', 'precision', 'scenario', 'variant', 'executor'] as const)
      expect(wasm?.[field], field).toEqual(cpu?.[field]);
    expect(wasm?.fingerprint).not.toBe(cpu?.fingerprint);
    expect(wasm?.environment).toMatchObject({
      ...{
        browser: 'Chromium',
        engine: 'Blink',
        cross_origin_isolated: 'yes',
        wasm_features: expect.stringContaining('simd'),
      },
      ...{ browser_version: expect.stringMatching(/^\d+\./), clock_step_us: expect.any(Number) },
      ...{ onnxruntime_version: expect.stringContaining('web'), model_sha256: cpu?.environment.model_sha256 },
    });
    expect(wasm?.results.providers).toEqual({ CPUExecutionProvider: expect.any(Number) });
    expect(wasm?.simulation_status.is_simulated).toBe(false);
    const timings = wasm?.results.timings ?? {};
    for (const phase of ['import_ms', 'runtime_start_ms', 'download_ms', 'session_ms', 'first_run_ms', 'warmup_ms'])
      expect(timings[phase], phase).toBeGreaterThan(0);
    for (const size of ['1', '2']) {
      const [own, native] = [wasm, cpu].map((each) => each?.results.batch_sizes?.[size]);
      expect(own).toMatchObject({ samples: 64, inputs: native?.inputs, memory_mb: null });
      expect(own?.unavailable?.memory_mb).toBeDefined();
      expect(own?.latency_ms).toBeGreaterThan(0);
    }
  });

  it('that are killed while they measure: the task is measured by a new browser, and once', async () => {
    const { run_id } = await fixture.client.submitWritten({
      name: 'killed',
      tasks: [
        {
          ...task('long', ['wasm'], { iterations: 10_000_000, max_seconds: 6 }),
          retry_policy: { retry_delay_seconds: 0 },
        },
      ],
    });
    // The first samples have arrived: the page measures.
    for await (const _ of await fixture.client.watch({ run_id, streams: ['metrics'] })) break;
    const [browser] = browsersOfTest();
    if (browser === undefined) throw new Error('no process of a browser was found');
    process.kill(browser, 'SIGKILL');
    await fixture.client.finished(run_id);
    const outcomes = await storedOutcomes(fixture.nats, run_id);
    expect(outcomes.filter(({ status }) => status === 'completed')).toHaveLength(1);
    expect(outcomes.map(({ error }) => error?.code ?? null)).toEqual(['BROWSER_LOST', null]);
    expect(outcomes.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });
});

/** Process ids of browsers that processes of this test have started: those whose parent is none itself. */
function browsersOfTest(): number[] {
  const processes = readdirSync('/proc').flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      return [
        {
          pid: Number(name),
          parent: Number(/\) \S (\d+)/.exec(stat)?.[1]),
          command: readFileSync(`/proc/${name}/cmdline`, 'utf8'),
        },
      ];
    } catch {
      return [];
    }
  });
  const is_browser = (command: string): boolean =>
    command.includes('--remote-debugging-pipe') && !command.includes('--type=');
  const ours = (pid: number): boolean => {
    const own = processes.find((each) => each.pid === pid);
    return own !== undefined && (own.parent === process.pid || ours(own.parent));
  };
  return processes.filter(({ pid, command }) => is_browser(command) && ours(pid)).map(({ pid }) => pid);
}
