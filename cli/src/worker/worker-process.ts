import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { workerRegistered } from '@benchwire/shared/contracts/join.ts';
import type { Capabilities } from '@benchwire/shared/contracts/worker.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { withSecretsApart } from '@benchwire/shared/runtime/handed-secrets.ts';

const MAIN = resolve(import.meta.dirname, '../../../services/worker/src/main.ts');

/** A worker that runs beside this process, with its log on our stderr. */
export interface WorkerProcess {
  /** Resolves with what it offers once it has registered, or to undefined when it ends before. */
  registered: Promise<Capabilities | undefined>;
  /** Its exit code; null when a signal ended it. */
  ended: Promise<number | null>;
  /** The first SIGINT or SIGTERM lets it finish what runs; a second one ends it at once. */
  signal(name: NodeJS.Signals): void;
}

/**
 * Starts a worker under the Node that runs bw. It stops in order when this process dies.
 * @throws BenchwireError when this bw has no worker beside it
 */
export function startWorkerProcess(environment: Record<string, string | undefined>): WorkerProcess {
  if (!existsSync(MAIN)) {
    throw new BenchwireError(
      'NO_WORKER_HERE',
      `this bw has no worker with it (${MAIN}): use bw from a clone of Benchwire`,
    );
  }
  const { environment: env, secrets } = withSecretsApart(environment);
  const child = spawn(process.execPath, [MAIN], {
    env,
    stdio: ['ignore', 2, 2, 'ipc'],
    // In a process group of its own, a Ctrl-C reaches it once: through us.
    detached: true,
  });
  child.send({ secrets }, () => {}); // one that is gone again is told by its exit
  const ended = new Promise<number | null>((done, failed) => {
    child.once('exit', (code) => done(code));
    child.once('error', failed);
  });
  const registered = new Promise<Capabilities | undefined>((done) => {
    child.on('message', (message) => {
      const parsed = workerRegistered.safeParse(message);
      if (parsed.success) done(parsed.data.registered);
    });
    ended.then(
      () => done(undefined),
      () => done(undefined),
    );
  });
  return { registered, ended, signal: (name) => void child.kill(name) };
}
