import type { ConsumerMessages } from '@nats-io/jetstream';

/** Heartbeats of the server, one for each second in which nothing comes. */
export const IDLE_HEARTBEAT_MS = 1000;
const MISSED_HEARTBEATS = 3;

/**
 * Closes a reading that the server has fallen silent on: asked for messages with `idle_heartbeat`, it says that it is
 * there while somebody waits. The client's own recovery can stay silent for ever.
 */
export function closeWhenSilent(messages: ConsumerMessages, close: () => void): void {
  void (async () => {
    for await (const status of messages.status()) {
      if (status.type === 'heartbeats_missed' && status.count >= MISSED_HEARTBEATS) close();
    }
  })();
}
