import { type LookupAddress, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, fetch as undiciFetch } from 'undici';
import type { AllowedHosts } from './public-addresses.ts';

const CONNECT_MS = 15_000;
/** Until the answer begins, and between two pieces of it. The whole is bounded by the task's timeout. */
const SILENCE_MS = 60_000;

/** Finds the addresses of a host; of the system unless a test has its own. */
export type Resolve = (host: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void;

/** Thrown for a host that may not be connected to; nothing has been sent to it. */
export class HostNotAllowedError extends Error {
  readonly host: string;
  constructor(host: string) {
    super(`${host} is not a public address`);
    this.name = 'HostNotAllowedError';
    this.host = host;
  }
}

/**
 * `fetch` that connects to allowed addresses only. The check is of the very addresses that the connection is made to, so that a
 * name which resolves differently the next time gets around nothing. Rejects with `HostNotAllowedError` as the cause.
 */
export function guardedFetch(allowed: AllowedHosts, resolve: Resolve = systemResolve): typeof fetch {
  const guardedLookup: LookupFunction = (host, options, done) => {
    resolve(host, (error, addresses) => {
      if (error !== null) return done(error, '');
      const wanted = addresses.filter(({ family }) => !options.family || options.family === family);
      const usable = allowed.allowsName(host) ? wanted : wanted.filter(({ address }) => allowed.allowsAddress(address));
      const [first] = usable;
      if (first === undefined) return done(new HostNotAllowedError(host), '');
      if (options.all === true) return done(null, usable);
      done(null, first.address, first.family);
    });
  };
  const dispatcher = new Agent({
    connect: { lookup: guardedLookup, timeout: CONNECT_MS },
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
    // A model is downloaded once; a kept connection would only outlive its reason.
    pipelining: 0,
    keepAliveTimeout: 1,
  });
  const guarded = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    // An address in the URL is connected to without being looked up.
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !allowed.allowsAddress(host)) {
      throw new TypeError('fetch failed', { cause: new HostNotAllowedError(host) });
    }
    // The casts bridge two declarations of the same classes, undici's and Node's.
    return (await undiciFetch(url, {
      ...(init as Parameters<typeof undiciFetch>[1]),
      dispatcher,
    })) as unknown as Response;
  };
  return guarded as typeof fetch;
}

function systemResolve(host: string, done: (error: Error | null, addresses: LookupAddress[]) => void): void {
  lookup(host, { all: true }, (error, addresses) => done(error, addresses ?? []));
}
