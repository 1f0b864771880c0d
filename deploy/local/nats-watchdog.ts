import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { connectNats, type NatsConnection, type NatsOptions } from '@benchwire/shared/runtime/nats.ts';
import type { DiskWatch } from './disk-watch.ts';
import type { ServerHandle } from './server-handle.ts';

const LOOK_MS = 1000;
const ANSWER_MS = 2000;
/** In a row, before a JetStream that does not answer is taken for broken. */
const MAX_SILENCES = 5;
/** One that hangs does not end by itself either. */
const STOP_MS = 3000;

export interface NatsWatchdogOptions {
  server: ServerHandle;
  login: NatsOptions;
  log_path: string;
  disk: DiskWatch;
  say: (text: string) => void;
}

/**
 * Restarts a NATS whose JetStream stays broken after a full disk: 2.9 answers nothing any more, the current one keeps refusing to
 * store in the streams whose write has failed. What it had stored and acked is there after the restart.
 */
export class NatsWatchdog {
  readonly #options: NatsWatchdogOptions;
  readonly #stopping = new AbortController();
  #connection: NatsConnection | undefined;
  #log_size: number;
  /** A write has failed: that stream stores nothing any more. */
  #broken = false;
  #restarting: Promise<void> | undefined;

  constructor(options: NatsWatchdogOptions) {
    this.#options = options;
    this.#log_size = sizeOf(options.log_path);
    void this.#watch();
  }

  /** What was refused for want of room is stored from then on. */
  restart(): void {
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#restarting;
    await this.#connection?.close().catch(() => undefined);
  }

  async #restart(): Promise<void> {
    const { server, say, log_path } = this.#options;
    say('starting NATS again, whose JetStream does not recover from a full disk by itself.');
    await server.restart(STOP_MS).catch((error: unknown) => say(`NATS does not come back yet: ${messageOf(error)}`));
    // What the old one has still written is over.
    this.#log_size = sizeOf(log_path);
    this.#broken = false;
  }

  async #watch(): Promise<void> {
    const { disk, server } = this.#options;
    let silences = 0;
    while (!this.#stopping.signal.aborted) {
      this.#broken ||= this.#writeFailed();
      silences = server.state !== 'ready' || (await this.#answers()) ? 0 : silences + 1;
      disk.look();
      if ((this.#broken || silences >= MAX_SILENCES) && !disk.full && !this.#stopping.signal.aborted) {
        silences = 0;
        this.restart();
      }
      await pause(LOOK_MS, this.#stopping.signal);
    }
  }

  async #answers(): Promise<boolean> {
    try {
      this.#connection ??= await connectNats('watchdog', this.#options.login, false);
      await this.#connection.request('$JS.API.INFO', '', { timeout: ANSWER_MS });
      return true;
    } catch {
      return false;
    }
  }

  /** Whether the server has written since the last look that there was no room: also where there is some again already. */
  #writeFailed(): boolean {
    const size = sizeOf(this.#options.log_path);
    const from = size < this.#log_size ? 0 : this.#log_size;
    this.#log_size = size;
    return size > from && textBetween(this.#options.log_path, from, size).includes('no space left on device');
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function textBetween(path: string, from: number, to: number): string {
  const buffer = Buffer.alloc(Math.min(to - from, 64 * 1024));
  const file = openSync(path, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, to - buffer.length));
  } finally {
    closeSync(file);
  }
}
