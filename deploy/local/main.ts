import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { hostInUrl } from '@benchwire/shared/runtime/hosts.ts';
import { untilAborted } from '@benchwire/shared/runtime/lifecycle.ts';
import { addressOnly } from '@benchwire/shared/runtime/server-url.ts';
import { usualPolicy } from './autoscale.ts';
import { startAutoscaler } from './autoscaler.ts';
import { defaultDataDir } from './paths.ts';
import { joinCommand, ONLY_ADDRESS } from './share.ts';
import { type LocalStack, startLocalStack } from './stack.ts';
import { onStopSignals, StopRequested } from './stop-signals.ts';
import { logPrinter } from './terminal.ts';

/** `npm start`: the whole stack in this terminal until Ctrl-C. */

const usage = `usage: npm start -- [--data-dir FOLDER] [--workers N|MIN..MAX] [--schedulers N] [--share [ADDRESS]]
  --data-dir   where everything is kept (.benchwire); bw finds another one by BENCHWIRE_DATA_DIR=FOLDER
  --workers    how many; with MIN..MAX as many of these as there is work for (1)
  --schedulers how many; one leads, the others take over (1)
  --share      other machines reach the dashboard, and workers on them join, at this address of this machine (its only one)`;
const inTerminal = process.stdout.isTTY === true;
const print = (text: string): void => void process.stdout.write(`${text}\n`);

// Where output goes to a file on a full disk, or to a reader that is gone: it serves only the log.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const options = readOptions();
let stack: LocalStack | undefined;
const stopping = onStopSignals(() => {
  stack?.abandon();
  process.exit(130);
});

try {
  const { min, max } = options.workers;
  const onLog = logPrinter((text) => process.stdout.write(text), inTerminal);
  const say = (line: string): void => onLog({ service: 'stack', line });
  stack = await startLocalStack({
    dataDir: options.dataDir,
    share: options.share,
    services: { worker: min, scheduler: options.schedulers },
    env: inTerminal
      ? { LOG_FORMAT: process.env.LOG_FORMAT ?? 'pretty', FORCE_COLOR: process.env.FORCE_COLOR ?? '1' }
      : {},
    onLog,
    fixed_dashboard_port: true,
    signal: stopping,
  });
  if (inTerminal) print(overview(stack));
  else {
    say(`up: NATS at ${stack.env.NATS_URL}, data in ${stack.paths.root}`);
    if (options.share !== undefined) say(sharedWhere(stack));
    // No link: others may read the log.
    const page = pageOf(stack);
    if (page !== undefined)
      say(
        `the dashboard is at ${page}: \`${dataDirFor(stack.paths.root)}npm run -s bw -- open\` prints a link that signs in once`,
      );
  }
  if (max > 1) say('workers on one CPU disturb each other: for latencies that mean something, run one.');
  const autoscaler =
    max > min ? await startAutoscaler({ stack, policy: { ...usualPolicy, min, max }, say }) : undefined;
  await untilAborted(stopping);
  await autoscaler?.stop();
  if (inTerminal) print('\nstopping; once more Ctrl-C kills what still runs.');
  await stack.stop();
} catch (error) {
  if (!(error instanceof StopRequested)) {
    console.error(`benchwire: ${messageOf(error)}`);
    process.exitCode = 1;
  }
}
// Nothing is left to do; a connection that some library keeps open must not keep the terminal.
process.exit();

interface Options {
  dataDir: string;
  workers: { min: number; max: number };
  schedulers: number;
  share: string | undefined;
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      args: withShareAddress(process.argv.slice(2)),
      options: {
        'data-dir': { type: 'string' },
        workers: { type: 'string' },
        schedulers: { type: 'string' },
        share: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help === true) {
      print(usage);
      process.exit(0);
    }
    const given = values['data-dir'];
    return {
      dataDir: defaultDataDir(given === undefined ? process.env : { ...process.env, BENCHWIRE_DATA_DIR: given }),
      workers: range(values.workers),
      schedulers: count(values.schedulers),
      share: values.share,
    };
  } catch (error) {
    console.error(`benchwire: ${messageOf(error)}\n${usage}`);
    process.exit(64);
  }
}

/** `--share` alone means the one address that this machine has. */
function withShareAddress(args: readonly string[]): string[] {
  return args.map((each, at) =>
    each === '--share' && (args[at + 1] ?? '-').startsWith('-') ? `--share=${ONLY_ADDRESS}` : each,
  );
}

function count(text = '1'): number {
  if (!/^\d{1,3}$/.test(text)) throw new TypeError(`"${text}" is not a number of processes`);
  return Number(text);
}

/** For a log, which others may read: the command for other machines holds a password. */
function sharedWhere({ env, paths }: LocalStack): string {
  return `other machines join at ${env.NATS_URL} as ${env.WORKER_NATS_USER}; WORKER_NATS_PASSWORD in ${paths.stack} is their NATS_PASSWORD`;
}

/** `3`, or `1..4` for as many as there is work for. */
function range(text = '1'): { min: number; max: number } {
  const [first, last = first, ...more] = text.split('..');
  const [min, max] = [count(first), count(last)];
  if (more.length > 0 || max < min || (min === 0 && max > 0)) {
    throw new TypeError(`"${text}" is neither a number of workers nor a range like 1..4, which starts at 1 or more`);
  }
  return { min, max };
}

/** How bw is told of a stack whose data is not where it looks by itself. */
function dataDirFor(root: string): string {
  return root === defaultDataDir({}) ? '' : `BENCHWIRE_DATA_DIR=${root} `;
}

/** Where a browser finds the dashboard: on this machine, or, with --share, from any. */
function pageOf({ env, services }: LocalStack): string | undefined {
  const gateway = services.find(({ kind }) => kind === 'gateway');
  return gateway && `http://${hostInUrl(env.DASHBOARD_HOST ?? '127.0.0.1')}:${gateway.http_port}`;
}

function overview(stack: LocalStack): string {
  const { paths, env, nats, redis, services, sign_in_token } = stack;
  const page = pageOf(stack);
  const where = (path: string): string => relative(process.cwd(), path) || '.';
  const server = (handle: { version: string } | undefined): string =>
    handle === undefined ? '(yours)' : `(${handle.version})`;
  const database = process.env.CLICKHOUSE_URL ? '(yours)' : `embedded, in ${where(paths.clickhouse)}`;
  return [
    '',
    `Benchwire is up on ${availableParallelism()} cores. Its data is in ${where(paths.root)}, logs in ${where(paths.logs)}.`,
    `  NATS          ${env.NATS_URL} ${server(nats)}`,
    `  Redis         ${addressOnly(env.REDIS_URL ?? '')} ${server(redis)}`,
    `  ClickHouse    ${database}`,
    ...services.map(({ name, http_url }) => `  ${name.padEnd(14)}${http_url}/metrics`),
    `An API key for it is BENCHWIRE_API_KEY in ${where(paths.stack)}.`,
    // The command on a line of its own: it is long, and is copied as a whole.
    ...(options.share === undefined ? [] : ['On another machine, with a clone of this:', '', joinCommand(env), '']),
    `In another terminal: ${dataDirFor(paths.root)}npm run bw -- run examples/quickstart.yaml`,
    'Stop with Ctrl-C.',
    ...(page === undefined
      ? []
      : [
          '',
          `The dashboard is at ${page}. This link signs in once (\`bw open\` makes another):`,
          '',
          `${page}/#token=${sign_in_token}`,
        ]),
    '',
  ].join('\n');
}
