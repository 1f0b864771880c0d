import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { isNobodyThere } from '@benchwire/shared/runtime/nats.ts';
import type { NatsConnection } from '@nats-io/transport-node';

export type SlotAnswer = { ok: true; data: Uint8Array } | { ok: false; why: string };

/** The holder's own deadline passes first, so that its answer says why. */
const MARGIN_MS = 2000;
const AGAIN_MS = 100;

/** Asks the holder of a slot, waiting for one that is only just being elected. */
export async function askSlot(
  nats: NatsConnection,
  subject: string,
  question: unknown,
  deadline_ms: number,
): Promise<SlotAnswer> {
  const until = performance.now() + deadline_ms;
  for (;;) {
    try {
      const message = await nats.request(subject, JSON.stringify(question), { timeout: deadline_ms + MARGIN_MS });
      return { ok: true, data: message.data };
    } catch (error) {
      if (!isNobodyThere(error) || performance.now() > until) return { ok: false, why: messageOf(error) };
      await pause(AGAIN_MS);
    }
  }
}
