import type { Running } from '@benchwire/shared/runtime/consume.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';

/** What every consumer of a stream is built from. */
export interface SinkContext {
  manager: JetStreamManager;
  jetstream: JetStreamClient;
  log: Log;
  /** Aborts when the service stops: writes that wait for the sink give up. */
  signal: AbortSignal;
}

/** Somewhere that the streams are written to. */
export interface Sink {
  name: string;
  /** The name of its consumers on the server. They are its own, so a sink that is away holds up no other. */
  durable: string;
  /** By the stream that they read. */
  consumers: Readonly<Record<string, (context: SinkContext) => Promise<Running>>>;
}
