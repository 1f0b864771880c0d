import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { noProcessesLeft } from '../../../test-support/no-processes-left.ts';
import { classifyExit } from './child-exit.ts';
import type { FromChild, StartMessage } from './messages.ts';
import { type RunChildOptions, runChild } from './run-child.ts';

const script = fileURLToPath(new URL('../../../test-support/misbehaving-child.ts', import.meta.url));

function options(behaviour: string, changes: Partial<RunChildOptions> = {}): RunChildOptions {
  const start: StartMessage = {
    type: 'start',
    mode: 'measure',
    model_path: '',
    model_files: [],
    model_name: behaviour,
    provider: 'cpu',
    intra_op_num_threads: null,
    inter_op_num_threads: null,
    wishes: {
      batch_sizes: [1],
      dimensions: {},
      shapes: {},
      batch_dimensions: undefined,
      inputs: {},
      files: {},
      known: null,
    },
    seed: 1,
    temporary_folder: '',
    measure: {
      scenario: 'single_stream',
      iterations: 1,
      warmup_iterations: 0,
      max_seconds: 1,
      target_qps: null,
      concurrency: [],
    },
  };
  return {
    script,
    env: {},
    start,
    signal: new AbortController().signal,
    hang_seconds: 60,
    max_memory_mb: null,
    log: () => undefined,
    onMessage: async () => undefined,
    ...changes,
  };
}

/** Aborts when the child says that it is in `phase`. */
function abortAt(phase: string, reason: string): Partial<RunChildOptions> {
  const controller = new AbortController();
  const onMessage = async (message: FromChild): Promise<void> => {
    if (message.type === 'progress' && message.phase === phase) controller.abort(reason);
  };
  return { signal: controller.signal, onMessage };
}

afterEach(() => noProcessesLeft());

describe('runChild tells apart', () => {
  test('success', async () => {
    expect(await runChild(options('succeed'))).toBeNull();
  });

  test('an exit, with its last words', async () => {
    const lines: string[] = [];
    const error = await runChild(options('exit', { log: (line) => lines.push(line) }));
    expect(error).toMatchObject({ class: 'crash', code: 'EXIT_3', retriable: true });
    expect(error?.message).toContain('no way on from here');
    expect(lines).toContain('no way on from here');
  });

  test('a segmentation fault', async () => {
    expect(await runChild(options('segfault'))).toMatchObject({ class: 'crash', code: 'SIGSEGV' });
  });

  test('an abort for want of memory', async () => {
    expect(await runChild(options('abort for memory'))).toMatchObject({
      class: 'out_of_memory',
      code: 'ABORTED_FOR_MEMORY',
    });
  });

  test('a SIGKILL from somewhere', async () => {
    // Which of both depends on whether the kernel counts its own kills, as child-exit's table says.
    expect(['crash', 'out_of_memory']).toContain((await runChild(options('be killed')))?.class);
  });

  test('a memory limit', async () => {
    const error = await runChild(options('use memory', { max_memory_mb: 200 }));
    expect(error).toMatchObject({ class: 'out_of_memory', code: 'MEMORY_LIMIT', retriable: false });
    expect(error?.message).toContain('200 MB');
  });

  test('a hang', async () => {
    const error = await runChild(options('hang', { hang_seconds: 0.5 }));
    expect(error).toMatchObject({ class: 'timeout', code: 'HANG' });
  });

  test.each([
    ['cancelled', 'cancelled', 'CANCELLED', false],
    ['timed_out', 'timeout', 'TIMED_OUT', true],
    ['draining', 'cancelled', 'DRAINING', true],
  ])('an abort because it was %s', async (reason, errorClass, code, retriable) => {
    const error = await runChild(options('hang', abortAt('about to hang', reason)));
    expect(error).toMatchObject({ class: errorClass, code, retriable });
  });
});

describe('runChild leaves nothing running', () => {
  test('kills a child that ignores SIGTERM', async () => {
    const error = await runChild(options('ignore SIGTERM', abortAt('deaf', 'cancelled')));
    expect(error?.code).toBe('CANCELLED');
  });

  test('takes a child that is done but stays for a success', async () => {
    expect(await runChild(options('stay after done'))).toBeNull();
  }, 20_000);

  test('does not start a child when aborted already', async () => {
    const error = await runChild(options('exit', { signal: AbortSignal.abort('cancelled') }));
    expect(error?.code).toBe('CANCELLED');
  });

  test('ends the child when its message could not be handled, and says why', async () => {
    const onMessage = async (): Promise<void> => {
      throw new Error('the bus is gone');
    };
    await expect(runChild(options('hang', { onMessage }))).rejects.toThrow('the bus is gone');
  });

  test('says that a script is missing', async () => {
    const error = await runChild(options('succeed', { script: '/nowhere/child.ts' }));
    expect(error).toMatchObject({ class: 'crash', code: 'EXIT_1' });
    expect(error?.message).toContain('/nowhere/child.ts');
  });
});

describe('classifyExit', () => {
  const exit = { code: null, signal: null, stderr_tail: '', kernel_oom_kills: 0 };
  test.each([
    ['V8 heap', { signal: 'SIGABRT', stderr_tail: 'JavaScript heap out of memory' }, 'out_of_memory'],
    ['V8 trap', { signal: 'SIGTRAP', stderr_tail: 'Reached heap limit' }, 'out_of_memory'],
    ['abort through a shell', { code: 134, stderr_tail: 'std::bad_alloc' }, 'out_of_memory'],
    ['an assertion', { signal: 'SIGABRT', stderr_tail: 'Assertion failed' }, 'crash'],
    ['the kernel', { signal: 'SIGKILL', kernel_oom_kills: 1 }, 'out_of_memory'],
    ['a kernel that does not tell', { signal: 'SIGKILL', kernel_oom_kills: null }, 'out_of_memory'],
    ['someone else', { signal: 'SIGKILL', kernel_oom_kills: 0 }, 'crash'],
    ['exit 0 without a word', { code: 0 }, 'crash'],
  ] as const)('%s', (_, how, expected) => {
    expect(classifyExit({ ...exit, ...how }).class).toBe(expected);
  });
});
