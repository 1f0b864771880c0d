import { resolve } from 'node:path';
import { HARDWARE_CLASSES } from '@benchwire/shared/contracts/hardware-classes.ts';
import { INBOX_PREFIX } from '@benchwire/shared/contracts/roles.ts';
import { natsVariables } from '@benchwire/shared/runtime/config.ts';
import type { NatsOptions } from '@benchwire/shared/runtime/nats.ts';
import { didYouMean } from '@benchwire/shared/runtime/near-names.ts';
import { NATS_ADDRESS, parseServerUrl } from '@benchwire/shared/runtime/server-url.ts';
import { UsageError } from '../errors.ts';
import type { WayIn } from './way-in.ts';

type Environment = Record<string, string | undefined>;

/** The options of `bw worker` that say what the worker offers. */
export interface WorkerOptions {
  label: readonly string[];
  slots: number | undefined;
  allow: readonly string[];
  class: readonly string[];
  id: string | undefined;
}

/** How to log in, out of `--join`, `--token` and `--creds`; what they say counts more than the environment. */
export function loginEnvironment(
  options: { join: string | undefined; token: string | undefined; creds: string | undefined },
  environment: Environment,
  working_directory: string,
): Environment {
  const { join, token, creds } = options;
  const login: Environment = { NATS_INBOX_PREFIX: environment.NATS_INBOX_PREFIX || INBOX_PREFIX.worker };
  if (join !== undefined) {
    const url = parseServerUrl(join, { ...NATS_ADDRESS, protocol_optional: false });
    if (url === undefined)
      throw new UsageError(`--join takes an address like nats://user:password@host:4222, not that.`);
    if (url.user !== undefined) login.NATS_USER = url.user;
    if (url.password !== undefined) login.NATS_PASSWORD = url.password;
  }
  if (token !== undefined) login.NATS_TOKEN = token;
  if (creds !== undefined) login.NATS_CREDS_FILE = resolve(working_directory, creds);
  return { ...environment, ...login };
}

/**
 * What the options say, as the worker's variables. Pure.
 * @throws UsageError for an option that the worker would not take
 */
export function offerEnvironment(options: WorkerOptions): Environment {
  for (const label of options.label)
    if (!/^[^=]+=/.test(label)) throw new UsageError(`--label takes KEY=VALUE, not "${label}".`);
  for (const name of options.class) {
    if (!(HARDWARE_CLASSES as readonly string[]).includes(name))
      throw new UsageError(
        `there is no hardware class "${name}".${didYouMean(name, HARDWARE_CLASSES)} Possible: ${HARDWARE_CLASSES.join(', ')}.`,
      );
  }
  const said: Environment = {
    WORKER_LABELS: listOf('label', options.label),
    WORKER_COMMANDS: listOf('allow', options.allow),
    WORKER_CLASSES: listOf('class', options.class),
    WORKER_SLOTS: options.slots?.toString(),
    WORKER_ID: options.id,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

/** The environment of the worker process: the user's own, and over it how to log in, what the stack has told, and the offer. Pure. */
export function workerEnvironment(
  environment: Environment,
  nats: NatsOptions,
  way_in: WayIn,
  offer: Environment,
): Environment {
  const login = Object.fromEntries(
    Object.keys(natsVariables).map((name) => [name, nats[name as keyof NatsOptions]?.toString()]),
  );
  // What goes on while it runs is for the user; what it found is shown by bw.
  return { ...environment, LOG_LEVEL: environment.LOG_LEVEL || 'warn', ...login, ...way_in, ...offer };
}

/** As the variables have lists: with commas between. */
function listOf(option: string, values: readonly string[]): string | undefined {
  const wrong = values.find((value) => value.includes(','));
  if (wrong !== undefined)
    throw new UsageError(`--${option} "${wrong}" has a comma: give --${option} once for each instead.`);
  return values.length === 0 ? undefined : values.join(',');
}
