import { type ConsumerMessages, DeliverPolicy, type JetStreamClient, type JsMsg } from '@nats-io/jetstream';
import type { Running } from '../runtime/consume.ts';
import { pause } from '../runtime/lifecycle.ts';

export interface TailOptions {
  stream: string;
  filter: string;
  /** `all`: what the stream holds, and then what comes; `new`: only what comes. */
  from: 'all' | 'new';
  /** Called in the stream's order, each message once. */
  onMessage: (message: JsMsg) => void;
}

/**
 * Reads a stream from the side: leaves nothing behind on the server, and goes on where it was after a lost connection
 * or a restarted server.
 */
export function tail(client: JetStreamClient, options: TailOptions): Running {
  const stopping = new AbortController();
  const loop = follow(client, options, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

/** A second each. */
const MISSED_HEARTBEATS = 3;

async function follow(client: JetStreamClient, options: TailOptions, signal: AbortSignal): Promise<void> {
  let last = 0;
  // The consumer may be gone for a while with its server; `new` must not then jump over what came meanwhile.
  const started_at = new Date().toISOString();
  let first = true;
  let failure: { error: unknown } | undefined;
  while (!signal.aborted) {
    try {
      const consumer = await client.consumers.get(options.stream, {
        filter_subjects: options.filter,
        ...(last > 0
          ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: last + 1 }
          : options.from === 'all'
            ? { deliver_policy: DeliverPolicy.All }
            : first
              ? { deliver_policy: DeliverPolicy.New }
              : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: started_at }),
      });
      const messages = await consumer.consume({ max_messages: 500, expires: 5000, idle_heartbeat: 1000 });
      first = false;
      await read(messages, signal, (message) => {
        if (message.seq <= last) return;
        last = message.seq;
        try {
          options.onMessage(message);
        } catch (error) {
          failure = { error };
          throw error;
        }
      });
    } catch {
      // A mistake of ours must be seen; a stream that isn't there yet, or a server that is away, comes back.
      if (failure !== undefined) throw failure.error;
    }
    await pause(300, signal);
  }
}

async function read(
  messages: ConsumerMessages,
  signal: AbortSignal,
  onMessage: (message: JsMsg) => void,
): Promise<void> {
  const close = (): void => {
    void messages.close();
  };
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  // The client's own recovery of an ordered consumer can stay silent after a server's death: begin anew instead.
  void (async () => {
    for await (const status of messages.status()) {
      if (status.type === 'heartbeats_missed' && status.count >= MISSED_HEARTBEATS) close();
    }
  })();
  try {
    for await (const message of messages) onMessage(message);
  } finally {
    signal.removeEventListener('abort', close);
  }
}
