import { CLOSE_TOO_MANY, CLOSE_UNAUTHORIZED } from '@benchwire/shared/contracts/close-codes.ts';
import { MAX_SOCKETS_PER_CALLER } from '@benchwire/shared/contracts/limits.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Caller } from '../auth/caller.ts';
import { HttpProblem } from '../problem.ts';
import type { RateLimits } from '../rate-limits.ts';

/** What is needed of a `ws` socket. */
interface Socket {
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: 'close', listener: () => void): unknown;
}

export interface OpenSocket {
  /** Nothing more is told once this was called. */
  end(problem: HttpProblem): void;
}

/** A socket that should end with its key does so within this time, and half of it for the closing handshake. */
const CHECK_MS = 400;
const CLOSE_MS = 400;
/** A frame of the protocol's holds a reason of so many bytes. */
const MAX_REASON = 120;

/** The WebSockets that are open, each with what let it in: when that is revoked, expires or signs out, they end. */
export class OpenSockets {
  readonly #auth: Authenticator;
  readonly #limits: RateLimits;
  readonly #open = new Map<Socket, { caller: Caller; opened: OpenSocket }>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(auth: Authenticator, limits: RateLimits) {
    this.#auth = auth;
    this.#limits = limits;
  }

  start(): void {
    this.#timer = setInterval(() => {
      for (const [socket, { caller }] of this.#open) this.#check(socket, caller);
    }, CHECK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** @throws HttpProblem 429 where the caller has as many as may be */
  checkRoom({ identity }: Caller): void {
    let own = 0;
    for (const { caller } of this.#open.values()) if (caller.identity === identity) own++;
    if (own < MAX_SOCKETS_PER_CALLER) return;
    const detail = `You have ${own} WebSockets open, at most ${MAX_SOCKETS_PER_CALLER} are possible: close some.`;
    throw new HttpProblem(429, 'TOO_MANY_SOCKETS', detail);
  }

  add(socket: Socket, caller: Caller, opened: OpenSocket): void {
    this.#open.set(socket, { caller, opened });
    socket.on('close', () => this.#open.delete(socket));
    // What let it in may have ended since.
    this.#check(socket, caller);
  }

  /** Before a frame is read. @returns false for one that is not to be read: the socket is ending, or says too much */
  admitFrame(socket: Socket): boolean {
    const known = this.#open.get(socket);
    if (known === undefined || !this.#check(socket, known.caller)) return false;
    try {
      this.#limits.takeCaller(known.caller.identity);
      return true;
    } catch (error) {
      this.#end(socket, CLOSE_TOO_MANY, error);
      return false;
    }
  }

  #check(socket: Socket, caller: Caller): boolean {
    try {
      this.#auth.checkStillGood(caller);
      return true;
    } catch (error) {
      this.#end(socket, CLOSE_UNAUTHORIZED, error);
      return false;
    }
  }

  #end(socket: Socket, code: number, error: unknown): void {
    if (!(error instanceof HttpProblem)) throw error;
    const known = this.#open.get(socket);
    this.#open.delete(socket);
    known?.opened.end(error);
    socket.close(code, `${error.code}: ${error.message}`.slice(0, MAX_REASON));
    // Who does not answer the close is not waited for.
    const timer = setTimeout(() => socket.terminate(), CLOSE_MS);
    timer.unref();
  }
}
