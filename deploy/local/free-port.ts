import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below what systems hand out for outgoing connections (Linux from 32768, macOS and BSD from 49152): a client that keeps
 * reconnecting to a port of that range while its server is down can end up connected to itself, and then holds the port.
 */
const lowest = 20_000;
const highest = 32_000;

/** Handed out by this process and perhaps not bound yet. */
const recent = new Set<string>();

/** What everything of a local stack listens on, unless its servers are shared. */
export const loopback = '127.0.0.1';

/**
 * A TCP port of an address that nobody listens on. Another process may still take it first: anyone who starts a server on it
 * asks for another one when the server can't bind.
 * @param preferred - taken when it is free; else any port
 * @throws Error when there is none, which means that something else is wrong
 */
export async function freePort(host: string = loopback, preferred?: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const any = lowest + Math.floor(Math.random() * (highest - lowest));
    const port = attempt === 0 ? (preferred ?? any) : any;
    const name = `${host} ${port}`;
    const wanted = port === preferred;
    if ((recent.has(name) && !wanted) || !(await canListen(port, host))) continue;
    recent.add(name);
    setTimeout(() => recent.delete(name), 60_000).unref();
    return port;
  }
  throw new Error(`found no free TCP port between ${lowest} and ${highest} on ${host}`);
}

/**
 * The port that a server of a data folder has at every start where it is free: clients that were connected before find
 * it again.
 */
export function portOfFolder(folder: string): number {
  return lowest + (createHash('sha256').update(folder).digest().readUInt32BE(0) % (highest - lowest));
}

/** Whether a server could bind there now. */
export function canListen(port: number, host: string = loopback): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
