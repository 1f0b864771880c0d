import type { SupervisedProcess } from './supervised-process.ts';

export type Environment = Record<string, string | undefined>;

/** A server that was started here: it can be killed, restarted on the same port and data, and stopped. */
export type ServerHandle = SupervisedProcess & { readonly version: string };
