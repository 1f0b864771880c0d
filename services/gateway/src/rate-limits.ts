import type { FastifyRequest } from 'fastify';
import { addressKey, RateLimit } from './decide/rate-limit.ts';
import { HttpProblem } from './problem.ts';

export interface RateLimitsOptions {
  per_caller: number;
  per_address: number;
  failures_per_address: number;
}

/** A body costs one request more for each of these. */
const BODY_BYTES_PER_REQUEST = 16 * 1024;
/** A file is not parsed, only stored. */
const FILE_BYTES_PER_REQUEST = 4 * 1024 * 1024;
/** YAML takes many times as long to read as JSON. */
const YAML_FACTOR = 16;
/** A session is kept for hours. */
export const SIGN_IN_COST = 50;

/**
 * Who may ask how often. An address counts before anybody knows who asks, the caller (a key with its sessions, or a token's
 * subject) from then on: nothing that a client writes into a header makes a new bucket. What fails counts by address, and more
 * than so many failures are answered with 429; a key that is good still gets in, so that nobody is locked out by a neighbour.
 */
export class RateLimits {
  readonly #callers: RateLimit;
  readonly #addresses: RateLimit;
  readonly #failures: RateLimit;

  constructor(options: RateLimitsOptions) {
    this.#callers = new RateLimit(options.per_caller);
    this.#addresses = new RateLimit(options.per_address);
    this.#failures = new RateLimit(options.failures_per_address);
  }

  /** Before anything is looked at. @throws HttpProblem 429 */
  takeAddress({ ip }: FastifyRequest): void {
    refuse(this.#addresses.take(addressKey(ip), Date.now()), 'Too many requests from this address');
  }

  /** @throws HttpProblem 429 */
  takeCaller(identity: string, cost = 1): void {
    refuse(this.#callers.take(identity, Date.now(), cost), 'Too many requests');
  }

  /** A body is paid for before it is parsed. @throws HttpProblem 429 */
  takeBody(identity: string, bytes: number, is_yaml: boolean): void {
    const cost = Math.floor((bytes * (is_yaml ? YAML_FACTOR : 1)) / BODY_BYTES_PER_REQUEST);
    if (cost > 0) refuse(this.#callers.take(identity, Date.now(), cost), 'Too many large requests');
  }

  /** A file is paid for before it is read. @throws HttpProblem 429 */
  takeFile(identity: string, bytes: number): void {
    refuse(this.#callers.take(identity, Date.now(), Math.ceil(bytes / FILE_BYTES_PER_REQUEST)), 'Too many files');
  }

  /** For each request whose key, token or cookie is no good. @returns the refusal to give instead, where there were too many */
  failed({ ip }: FastifyRequest): HttpProblem | undefined {
    const seconds = this.#failures.take(addressKey(ip), Date.now());
    return seconds === 0 ? undefined : tooMany(seconds, 'Too many requests without a valid key from this address');
  }
}

function refuse(seconds: number, what: string): void {
  if (seconds > 0) throw tooMany(seconds, what);
}

function tooMany(seconds: number, what: string): HttpProblem {
  return new HttpProblem(429, 'TOO_MANY_REQUESTS', `${what}: go on in ${seconds} s.`, [], seconds);
}
