import { delimiter } from 'node:path';
import { findStack, stackFolders } from '@benchwire/shared/client/find-stack.ts';
import { token as workerId } from '@benchwire/shared/contracts/ids.ts';
import { type Capabilities, workerPingSubject } from '@benchwire/shared/contracts/worker.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { addressOnly } from '@benchwire/shared/runtime/server-url.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { type ListedPools, listedPools } from '../worker/listed-pools.ts';
import { offerTable } from '../worker/offer-table.ts';
import { askWayIn } from '../worker/way-in.ts';
import { loginEnvironment, offerEnvironment, workerEnvironment } from '../worker/worker-environment.ts';
import { startWorkerProcess, type WorkerProcess } from '../worker/worker-process.ts';

const ID_ANSWERS_WITHIN_MS = 1000;
/** It does so once a second. */
const LEADER_SPEAKS_WITHIN_MS = 2500;
/** Another one may have to take the lead first. */
const LISTS_US_WITHIN_MS = 8000;

export const worker = defineCommand({
  name: 'worker',
  summary: "offer this machine's devices to a stack, until Ctrl-C",
  positionals: [],
  options: {
    join: { kind: 'text', value: 'URL', help: 'NATS of the stack: nats://[user[:password]@]host:4222' },
    token: { kind: 'text', value: 'TOKEN', help: 'to log in to NATS with a token' },
    creds: { kind: 'text', value: 'FILE', help: 'to log in to NATS with a .creds file' },
    redis: {
      kind: 'text',
      value: 'URL',
      help: "Redis address, if the stack's does not work from this machine",
    },
    label: { kind: 'list', value: 'KEY=VALUE', help: 'a label that requests can require; may be given several times' },
    slots: { kind: 'count', value: 'N', help: 'attempts at once per device (1): more disturb measurements' },
    allow: { kind: 'list', value: 'PROGRAM', help: 'a program that tasks may start; may be given several times' },
    class: { kind: 'list', value: 'CLASS', help: 'offer only devices of this class; may be given several times' },
    id: { kind: 'text', value: 'ID', help: 'the name of the worker, instead of worker-<hostname>' },
  },
  details: `
Without --join it joins the stack that bw finds by itself. Where Redis is it asks the stack.
Prefer NATS_PASSWORD and NATS_TOKEN for secrets: other users of this machine can see command lines.
Every other setting is a variable; docs/workers.md lists them.

Ctrl-C finishes the running tasks and leaves; a second Ctrl-C stops at once.

  bw worker --join nats://benchwire@hub:4222
  bw worker --join nats://hub:4222 --token T --label site=lab-2 --allow python3`,
  async run(context, values) {
    const { WORKER_COMMAND_HIDE: hidden } = context.environment;
    const offer = {
      ...offerEnvironment(values),
      // What programs of tasks are not to see of a stack that is on this machine, too.
      WORKER_COMMAND_HIDE: [hidden, ...stackFolders(context.environment, context.working_directory)]
        .filter(Boolean)
        .join(delimiter),
    };
    const environment = loginEnvironment(values, context.environment, context.working_directory);
    const join = values.join === undefined ? context.nats_url : addressOnly(values.join);
    const joining: CliContext = { ...context, environment, nats_url: join };
    const { working_directory } = context;
    const { options } = findStack({ nats_url: join, environment, working_directory });
    const started = await withStack(joining, async ({ nats }) => {
      if (values.id !== undefined) await checkIdIsFree(nats, values.id);
      const asking = askWayIn(nats, {
        nats_urls: options.NATS_URL,
        redis: values.redis,
        redis_ca_file: environment.REDIS_TLS_CA_FILE,
      });
      // Who is in a pool already: to be looked at before this worker is.
      const [way_in, before] = await Promise.all([asking, listedPools(nats, () => true, LEADER_SPEAKS_WITHIN_MS)]);
      const child = startWorkerProcess(workerEnvironment(environment, options, way_in, offer));
      const release = passSignalsOn(context, child);
      const capabilities = await child.registered;
      if (capabilities !== undefined) await sayJoined(context, nats, options.NATS_URL, capabilities, before);
      return { child, release, joined: capabilities !== undefined };
    });
    return await untilEnd(started);
  },
});

/** @throws UsageError when a worker of that name is there */
async function checkIdIsFree(nats: NatsConnection, id: string): Promise<void> {
  if (!workerId.safeParse(id).success)
    throw new UsageError(`--id takes up to 128 letters, digits, _ and -, not "${id}".`);
  try {
    await nats.request(workerPingSubject(id), JSON.stringify({ command: 'ping' }), {
      timeout: ID_ANSWERS_WITHIN_MS,
    });
  } catch {
    return; // nobody goes by it
  }
  throw new UsageError(
    `a worker "${id}" is already online: stop it, or choose another --id (\`bw workers\` lists them).`,
  );
}

/** One Ctrl-C may come twice: from the terminal, and passed on by npm. Only later ones are meant as a second. */
const SAME_SIGNAL_MS = 1000;

/** Ctrl-C and SIGTERM are for the worker, which ends in order; this process ends after it. */
function passSignalsOn(context: CliContext, child: WorkerProcess): () => void {
  let first_ms: number | undefined;
  const pass = (name: NodeJS.Signals): void => {
    const again = first_ms !== undefined;
    first_ms ??= context.now();
    if (!again || context.now() - first_ms > SAME_SIGNAL_MS) child.signal(name);
  };
  const releases = [context.onInterrupt(() => pass('SIGINT')), context.onTerminate(() => pass('SIGTERM'))];
  return () => {
    for (const release of releases) release();
  };
}

async function sayJoined(
  context: CliContext,
  nats: NatsConnection,
  nats_urls: readonly string[],
  capabilities: Capabilities,
  before: ListedPools | undefined,
): Promise<void> {
  const { out, err, style, json } = context;
  const pools = [...new Set(capabilities.devices.map((device) => device.pool))];
  const already = (pool: string): number => before?.get(pool) ?? 0;
  const listsUs = (now: ListedPools): boolean => pools.every((pool) => (now.get(pool) ?? 0) > already(pool));
  const listed = await listedPools(nats, listsUs, LISTS_US_WITHIN_MS);
  const mates = before === undefined ? undefined : new Map(pools.map((pool) => [pool, already(pool)]));
  if (json) {
    const others = Object.fromEntries(pools.map((pool) => [pool, mates?.get(pool) ?? null]));
    out.line(JSON.stringify({ ...capabilities, other_workers: others }));
    return;
  }
  const where = addressOnly(nats_urls.join(','));
  out.line(`${style.green('✓')} ${style.bold(capabilities.worker_id)} has joined ${where}`);
  out.line();
  out.lines(offerTable(capabilities, mates, style, out.columns));
  out.line();
  if (listed === undefined)
    err.line('The scheduler does not list it yet: `bw workers` and `bw top` show when it does.');
  out.line('Ctrl-C finishes the running tasks and leaves.');
}

async function untilEnd(started: { child: WorkerProcess; release: () => void; joined: boolean }): Promise<number> {
  const code = await started.child.ended;
  started.release();
  if (code === 0) return EXIT.ok;
  const how = code === null ? 'was killed' : `ended with code ${code}`;
  throw new BenchwireError(
    'WORKER_FAILED',
    started.joined
      ? `the worker ${how}; its last lines say why.`
      : `the worker could not join: it ${how}, and says why.`,
  );
}
