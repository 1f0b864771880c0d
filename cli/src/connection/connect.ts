import { resolve } from 'node:path';
import { messageOf, UnreachableError } from '@benchwire/shared/runtime/errors.ts';
import { closeNats, connectNats, type NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import type { CliContext } from '../context.ts';
import { findStack, type Settings } from './settings.ts';

export const OWN_ROOT = resolve(import.meta.dirname, '../../..');

/**
 * Connects, does the work, and closes the connection whatever happens.
 * @throws UnreachableError that says where the stack was looked for and how to start one
 */
export async function withStack<T>(context: CliContext, work: (nats: NatsConnection) => Promise<T>): Promise<T> {
  const settings = findStack(context.nats_url, context.environment, context.working_directory, OWN_ROOT);
  const nats = await connect(settings);
  try {
    return await work(nats);
  } finally {
    await closeNats(nats);
  }
}

async function connect(settings: Settings): Promise<NatsConnection> {
  try {
    return await connectNats('bw', settings.options, false);
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    const where = settings.options.NATS_URL.map((url) => url.replace(/\/\/[^@/]*@/, '//')).join(', ');
    throw new UnreachableError(
      `no stack answers at ${where}, which ${reason(settings.found_by)} (${messageOf(error.cause ?? error)}).\n${advice(settings.found_by)}`,
      error,
    );
  }
}

function reason(found_by: string): string {
  if (found_by === 'the default') return 'is where it is looked for when nothing else is set';
  return found_by.startsWith('/') ? `is written in ${found_by}` : `comes from ${found_by}`;
}

function advice(found_by: string): string {
  if (found_by === 'the default' || found_by.startsWith('/')) {
    return 'Start one with `npm start` in the Benchwire folder, or set NATS_URL (and NATS_USER, NATS_PASSWORD) to one that runs.';
  }
  return 'Is the server running, is the address right, and are NATS_USER and NATS_PASSWORD (or NATS_TOKEN) set for it?';
}
