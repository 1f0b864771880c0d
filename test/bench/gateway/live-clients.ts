import { WebSocket } from 'ws';

/** A process with many WebSocket clients on one run, so that the gateway has its own processor. Told by messages from its parent. */
interface Start {
  url: string;
  key: string;
  run_id: string;
  clients: number;
}

const latencies: number[] = [];
const counts: number[] = [];
let subscribed = 0;

process.on('message', (message: Start | { expected: number }) => {
  if ('expected' in message) void report(message.expected);
  else start(message);
});

function start({ url, key, run_id, clients }: Start): void {
  for (let client = 0; client < clients; client++) {
    counts[client] = 0;
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/ws`, {
      headers: { authorization: `Bearer ${key}` },
    });
    socket.on('open', () =>
      socket.send(JSON.stringify({ op: 'subscribe', id: 'a', topic: `run:${run_id}`, from: {} })),
    );
    socket.on('message', (bytes: Buffer) => {
      const heard_ms = Date.now();
      const text = bytes.toString();
      if (text.startsWith('{"op"')) {
        if (text.includes('"subscribed"') && ++subscribed === clients) process.send?.({ subscribed });
        return;
      }
      counts[client] = (counts[client] ?? 0) + 1;
      // Of an event; an outcome is made on the worker, which says when it ended and not when it said so.
      const at = /"kind":"event",.*?"at":"([^"]+)"/.exec(text)?.[1];
      if (at !== undefined) latencies.push(heard_ms - Date.parse(at));
    });
    socket.on('error', (error) => process.send?.({ error: error.message }));
  }
}

/** Waits until every client has heard everything, or ten seconds. */
async function report(expected: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (counts.some((count) => count < expected) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  process.send?.({ counts, latencies });
  process.disconnect?.();
  process.exit(0);
}
