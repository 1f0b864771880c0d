import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { z } from 'zod';
import { childEnvironment } from './child-environment.ts';
import type { OnnxRuntime, ProviderTrial } from './onnx-runtime.ts';
import type { ProviderName } from './providers.ts';

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL('./probe-child.ts', import.meta.url));
/** A driver that is loaded for the first time takes seconds. */
const TIMEOUT_MS = 30_000;

const listed = z.object({
  version: z.string(),
  backends: z.array(z.object({ name: z.string(), bundled: z.boolean() })),
});
const tried = z.union([
  z.object({ usable: z.literal(true) }),
  z.object({ usable: z.literal(false), reason: z.string() }),
]);

type Variables = Readonly<Record<string, string | undefined>>;

/** The version of ONNX Runtime that really loads here and the backends that it says it has, or why none loads. */
export async function probeOnnxRuntime(
  env: Variables,
): Promise<{ ok: true; runtime: OnnxRuntime } | { ok: false; reason: string }> {
  try {
    const { version, backends } = listed.parse(answerOf((await ask(['list'], env)).stdout));
    const trials = new Map<string, Promise<ProviderTrial>>();
    const runtime: OnnxRuntime = {
      version,
      backends,
      try: (provider, variables = {}) => {
        const key = JSON.stringify([provider, variables]);
        const trial = trials.get(key) ?? tryProvider(provider, env, variables);
        trials.set(key, trial);
        return trial;
      },
      forget: () => trials.clear(),
    };
    return { ok: true, runtime };
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const reason = /^(?:\w*Error.*|.*cannot open shared object.*)$/m.exec(said)?.[0] ?? messageOf(error);
    return { ok: false, reason: reason.split('\n')[0] ?? reason };
  }
}

async function tryProvider(provider: ProviderName, env: Variables, variables: Variables): Promise<ProviderTrial> {
  try {
    const { stdout, stderr } = await ask(['try', provider], env, variables);
    const answer = tried.parse(answerOf(stdout));
    if (answer.usable) return { usable: true, said: `${stdout}\n${stderr}` };
    return { usable: false, reason: firstSentence(answer.reason, stderr), crashed: false };
  } catch (error) {
    const { signal, code } = error as { signal?: string | null; code?: unknown };
    const how = signal === undefined || signal === null ? `exit code ${String(code)}` : signal;
    return { usable: false, reason: `the process that tried it ended with ${how}`, crashed: true };
  }
}

function ask(args: string[], env: Variables, variables: Variables = {}): Promise<{ stdout: string; stderr: string }> {
  const own = childEnvironment(env, { class: 'cpu', environment: {} });
  return run(process.execPath, [CHILD, ...args], {
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 16 * 1024 ** 2,
    env: { ...own, ...(variables as Record<string, string>) },
  });
}

function answerOf(stdout: string): unknown {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

/** Libraries that are missing are told on standard error alone. */
function firstSentence(reason: string, stderr: string): string {
  const missing = /([\w.+-]+\.so[\w.]*): cannot open shared object file/.exec(stderr)?.[0];
  const text = (reason.split('\n')[0] ?? reason).slice(0, 500);
  return missing === undefined ? text : `${text} (${missing})`;
}
