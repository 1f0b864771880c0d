/**
 * Asks ONNX Runtime what it can do, in a process of its own: a library that is broken, or a driver that it loads, may end
 * the process. `list` prints the version and the backends of this build, `try NAME` creates a session on one of them. The
 * last line of standard output is JSON; runtime-probe.ts reads it.
 */
const ort = await import('onnxruntime-node');

/** One Add of one number by itself: the smallest model that has a node to place. */
const MODEL =
  'CAg6NQoOCgF4CgF4EgF5IgNBZGQSAWdaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgQKABARQg4KCmFpLm9ubngubWwQAw==';

const [what, provider] = process.argv.slice(2);
if (what === 'list') {
  const backends = ort.listSupportedBackends().map(({ name, bundled }) => ({ name, bundled }));
  tell({ version: ort.env.versions.node ?? ort.env.versions.common, backends });
} else if (what === 'try' && provider !== undefined) {
  try {
    const model = Buffer.from(MODEL, 'base64');
    const session = await ort.InferenceSession.create(model, { executionProviders: [provider] });
    await session.run({ x: new ort.Tensor('float32', Float32Array.of(1), [1]) });
    tell({ usable: true });
  } catch (error) {
    tell({ usable: false, reason: error instanceof Error ? error.message : String(error) });
  }
}

function tell(answer: object): void {
  process.stdout.write(`\n${JSON.stringify(answer)}\n`);
}
