import { createServer } from 'node:net';

/**
 * Below what systems hand out for outgoing connections (Linux from 32768, macOS and BSD from 49152): a client that keeps
 * reconnecting to a port of that range while its server is down can end up connected to itself, and then holds the port.
 */
const lowest = 20_000;
const highest = 32_000;

/** Handed out by this process and perhaps not bound yet. */
const recent = new Set<number>();

/**
 * A TCP port of 127.0.0.1 that nobody listens on. Another process may still take it first: whoever starts a server on it
 * asks for another one when the server can't bind.
 * @throws Error when there is none, which means that something else is wrong
 */
export async function freePort(random: () => number = Math.random): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = lowest + Math.floor(random() * (highest - lowest));
    if (recent.has(port) || !(await canListen(port))) continue;
    recent.add(port);
    setTimeout(() => recent.delete(port), 60_000).unref();
    return port;
  }
  throw new Error(`found no free TCP port between ${lowest} and ${highest} on 127.0.0.1`);
}

/** Whether a server could bind there now. */
export function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
