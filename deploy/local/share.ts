import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { BenchwireError, ConfigError } from '@benchwire/shared/runtime/errors.ts';
import { isLoopback } from '@benchwire/shared/runtime/hosts.ts';
import type { Environment } from './server-handle.ts';

/** In place of an address: the one that this machine has. */
export const ONLY_ADDRESS = 'auto';

/**
 * The one address that NATS, Redis and the dashboard listen on when other machines shall reach them: an address of this machine, or a
 * name that means one. All addresses at once are refused, since a machine may have some in networks that nobody thought of.
 * @throws ConfigError that says what would do
 */
export async function shareAddress(text: string): Promise<string> {
  const own = Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
    entries
      .filter(({ address, internal }) => !internal && !address.startsWith('fe80:'))
      .map((each) => ({ ...each, name })),
  );
  if (text === ONLY_ADDRESS) {
    const ipv4 = own.filter(({ family }) => family === 'IPv4');
    const [only, ...more] = ipv4.length > 0 ? ipv4 : own;
    if (only !== undefined && more.length === 0) return only.address;
    const choice = own.map(({ address, name }) => `${address} (${name})`).join(', ');
    throw new ConfigError(
      own.length === 0
        ? '--share: this machine has no address but loopback, so no other one reaches it.'
        : `--share: which address shall others use? This machine has ${choice}: name one of them, --share ADDRESS.`,
    );
  }
  const literal = isIP(text) !== 0;
  const meant = literal ? [text] : await addressesOf(text);
  // Only on purpose: many systems let a machine's own name mean 127.0.1.1.
  const found = meant.find((each) => own.some(({ address }) => address === each) || (literal && isLoopback(each)));
  if (found !== undefined) return found;
  const what =
    meant.length === 0
      ? `the name "${text}" cannot be resolved`
      : literal
        ? `${text} is not an address of this machine`
        : `"${text}" means ${meant.join(' and ')} here, where other machines do not reach this one`;
  const list = own.map(({ address, name }) => `${address} (${name})`).join(', ');
  throw new ConfigError(`--share: ${what}. This machine has ${list === '' ? 'no address but loopback' : list}.`);
}

async function addressesOf(name: string): Promise<string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

/** There is nothing of ours to share where the environment names other servers. */
export function checkNothingExternal(environment: Environment): void {
  const named = ['NATS_URL', 'REDIS_URL'].filter((name) => environment[name]);
  if (named.length === 0) return;
  throw new BenchwireError(
    'NOTHING_TO_SHARE',
    `--share is for the stack's own NATS and Redis, and ${named.join(' and ')} ${named.length === 1 ? 'names a server' : 'name servers'} of yours: workers elsewhere join that one with \`bw worker --join\``,
  );
}

/**
 * What somebody enters on another machine: as the user `worker`, which may do no more than workers have to. The password stands
 * where other users there do not see it.
 */
export function joinCommand({ NATS_URL = '', WORKER_NATS_USER = '', WORKER_NATS_PASSWORD = '' }: Environment): string {
  return `NATS_PASSWORD=${WORKER_NATS_PASSWORD} npm run bw -- worker --join ${NATS_URL.replace('//', `//${WORKER_NATS_USER}@`)}`;
}
