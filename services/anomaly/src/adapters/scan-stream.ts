import { DeliverPolicy, type JetStreamClient, type JetStreamManager, type JsMsg } from '@nats-io/jetstream';

/** The messages of a stream from sequence `from` to `to`, both included, in order; those that are gone are left out. Throws when the signal aborts. */
export async function* scanStream(
  client: JetStreamClient,
  manager: JetStreamManager,
  stream: string,
  from: number,
  to: number,
  signal?: AbortSignal,
): AsyncGenerator<JsMsg> {
  const { state } = await manager.streams.info(stream);
  const first = Math.max(from, state.first_seq);
  if (state.messages === 0 || first > Math.min(to, state.last_seq)) return;
  const consumer = await client.consumers.get(stream, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: first,
  });
  const messages = await consumer.consume({ max_messages: 1000 });
  const close = (): void => void messages.close();
  signal?.addEventListener('abort', close, { once: true });
  try {
    for await (const message of messages) {
      if (message.seq <= to) yield message;
      if (message.seq >= to || message.info.pending === 0) return;
    }
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', close);
    await messages.close();
  }
}
