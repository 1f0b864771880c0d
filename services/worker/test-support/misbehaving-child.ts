/** Stands in for child.ts in tests of what can go wrong with it; `model_name` of the start message says how. */
import type { StartMessage } from '../src/executors/onnx/messages.ts';

const say = (message: unknown): Promise<void> =>
  new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));

process.on('message', async ({ model_name }: StartMessage) => {
  await say({ type: 'progress', phase: `about to ${model_name}` });
  switch (model_name) {
    case 'succeed':
      await say({ type: 'done' });
      return process.disconnect();
    case 'exit':
      console.error('no way on from here');
      return process.exit(3);
    case 'segfault':
      return void process.kill(process.pid, 'SIGSEGV');
    case 'be killed':
      return void process.kill(process.pid, 'SIGKILL');
    case 'abort for memory':
      // The words of libstdc++ for a C++ allocation that failed.
      process.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n", () => process.abort());
      return;
    case 'hang':
      // As a native inference does: the event loop stands still.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return;
    case 'ignore SIGTERM':
      process.on('SIGTERM', () => undefined);
      setInterval(() => undefined, 1000);
      return say({ type: 'progress', phase: 'deaf' });
    case 'stay after done':
      setInterval(() => undefined, 1000);
      return say({ type: 'done' });
    case 'use memory': {
      const held: Buffer[] = [];
      setInterval(() => held.push(Buffer.alloc(1 << 24, 1)), 1);
      return;
    }
  }
});
