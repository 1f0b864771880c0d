import type { NatsConnection, Status } from '@nats-io/transport-node';

type Listener = (status: Status) => void;

const known = new WeakMap<NatsConnection, Set<Listener>>();

/**
 * Tells what happens to a connection (`disconnect`, `reconnect`, `error`, … and at the end `close`) until the returned function is called. The
 * NATS client's own iterator can't be left before something has happened; many short watches on one long connection
 * would leave one behind each, so they share it.
 */
export function onStatus(nats: NatsConnection, listener: Listener): () => void {
  let listeners = known.get(nats);
  if (listeners === undefined) {
    listeners = new Set();
    known.set(nats, listeners);
    void tellAll(nats, listeners);
  }
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

async function tellAll(nats: NatsConnection, listeners: ReadonlySet<Listener>): Promise<void> {
  const tell = (status: Status): void => {
    for (const listener of [...listeners]) listener(status);
  };
  let last: Status['type'] | undefined;
  for await (const status of nats.status()) {
    last = status.type;
    tell(status);
  }
  // The iterator may end before it has given out what came at the same moment.
  if (last !== 'close') tell({ type: 'close' });
}
