import { type Client, connectClient } from '@benchwire/shared/client/client.ts';
import { type FoundStack, findStack } from '@benchwire/shared/client/find-stack.ts';
import { messageOf, UnreachableError } from '@benchwire/shared/runtime/errors.ts';
import { addressOnly } from '@benchwire/shared/runtime/server-url.ts';
import { errors } from '@nats-io/transport-node';
import type { CliContext } from '../context.ts';

/**
 * Connects, does the work, and closes the connection whatever happens.
 * @throws UnreachableError that says where the stack was looked for and how to start one
 */
export async function withStack<T>(context: CliContext, work: (client: Client) => Promise<T>): Promise<T> {
  const { nats_url, environment, working_directory } = context;
  const client = await connect(findStack({ nats_url, environment, working_directory }));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function connect({ options, found_by }: FoundStack): Promise<Client> {
  try {
    return await connectClient(options, 'bw');
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    const where = addressOnly(options.NATS_URL.join(','));
    if (error.cause instanceof errors.AuthorizationError) throw loginRefused(where, found_by, error);
    throw new UnreachableError(
      `no stack answers at ${where}, which ${reason(found_by)} (${messageOf(error.cause ?? error)}).\n${advice(found_by)}`,
      error,
    );
  }
}

function loginRefused(where: string, found_by: FoundStack['found_by'], error: UnreachableError): UnreachableError {
  const advice = found_by.startsWith('/')
    ? `The stack that wrote ${found_by} runs no more, and another server has its port: start it again.`
    : 'Check the user in the address, and NATS_USER and NATS_PASSWORD (or NATS_TOKEN, or a .creds file).';
  return new UnreachableError(
    `the NATS server at ${where} answers, but refuses the login: user or password is wrong or missing.\n${advice}`,
    error,
  );
}

function reason(found_by: FoundStack['found_by']): string {
  switch (found_by) {
    case 'the default':
      return 'is where it is looked for when nothing else is set';
    case 'the address given':
      return 'is the address given';
    case 'NATS_URL':
      return 'comes from NATS_URL';
    default:
      return `is written in ${found_by}`;
  }
}

function advice(found_by: FoundStack['found_by']): string {
  if (found_by === 'the default' || found_by.startsWith('/')) {
    return 'Start one with `npm start` in the Benchwire folder, or set NATS_URL (and NATS_USER, NATS_PASSWORD) to one that runs.';
  }
  return 'Is the server running, is the address right, and are NATS_USER and NATS_PASSWORD (or NATS_TOKEN) set for it?';
}
