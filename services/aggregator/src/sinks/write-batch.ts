import type { HandlerResult } from '@benchwire/shared/runtime/consume.ts';
import { OK } from '@benchwire/shared/runtime/consume.ts';
import { backoffMs, pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';

export interface WriteOptions {
  log: Log;
  /** Ends the retries of a write that cannot be done now. */
  signal: AbortSignal;
  /** How long to try before the messages go back to the stream; shorter than the consumer's ack wait. */
  patience_ms?: number;
}

/** What a batch is written to. */
export interface Target {
  name: string;
  /** Why it takes this batch neither now nor later, for what is in it; undefined for every other failure. */
  refusal(error: unknown): { code: string; message: string } | undefined;
}

/**
 * After this long unacked, messages are delivered again: what a killed aggregator had in hand is taken up by the next.
 * A batch is written in a fraction of it.
 */
export const ACK_WAIT_MS = 12_000;
const PATIENCE_MS = 6000;

/**
 * Writes what a batch of messages says; one result per message, in order.
 *
 * Where the target refuses the batch for what is in it, it is halved until the message at fault stands alone: it alone
 * goes to REJECTED. Writing the others again with each half must be harmless. Any other failure is tried again with the
 * messages held, so that a target that is away stops the intake.
 */
export async function writeBatch<T>(
  items: readonly T[],
  write: (items: readonly T[]) => Promise<void>,
  target: Target,
  options: WriteOptions,
): Promise<HandlerResult[]> {
  const failure = await tryWrite(items, write, target, options);
  if (failure === undefined) return items.map(() => OK);
  if (failure.kind === 'retry') return items.map(() => failure);
  if (items.length === 1) return [failure];
  const middle = items.length >> 1;
  return [
    ...(await writeBatch(items.slice(0, middle), write, target, options)),
    ...(await writeBatch(items.slice(middle), write, target, options)),
  ];
}

async function tryWrite<T>(
  items: readonly T[],
  write: (items: readonly T[]) => Promise<void>,
  { name, refusal }: Target,
  { log, signal, patience_ms = PATIENCE_MS }: WriteOptions,
): Promise<HandlerResult | undefined> {
  const give_up_at = performance.now() + patience_ms;
  for (let attempt = 0; ; attempt++) {
    try {
      await write(items);
      return undefined;
    } catch (error) {
      const refused = refusal(error);
      if (refused !== undefined) {
        const { code, message } = refused;
        return {
          kind: 'dead_letter',
          issues: [{ path: '(message)', code, message: `${name} refuses it: ${message}` }],
        };
      }
      log.warn({ err: error, messages: items.length }, `${name} did not take a batch, trying again`);
      await pause(backoffMs(attempt, 100, 5000, Math.random), signal);
      if (signal.aborted || performance.now() >= give_up_at) {
        return { kind: 'retry', after_ms: 1000, reason: `${name} does not take it now` };
      }
    }
  }
}
