import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';

const run = promisify(execFile);

/** Loads the native library and says its version; run by a process of its own, since this one shall not carry it. */
const PROBE = `
import { createRequire } from 'node:module';
const require = createRequire(process.argv[1]);
require('onnxruntime-node');
process.stdout.write(require('onnxruntime-node/package.json').version);
`;

/** The version of ONNX Runtime that really loads here, or why none does. */
export async function probeOnnxRuntime(): Promise<{ ok: true; version: string } | { ok: false; reason: string }> {
  try {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', PROBE, import.meta.filename], {
      timeout: 30_000,
    });
    return { ok: true, version: stdout.trim() };
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const reason = /^(?:\w*Error.*|.*cannot open shared object.*)$/m.exec(said)?.[0] ?? messageOf(error);
    return { ok: false, reason: reason.split('\n')[0] ?? reason };
  }
}
