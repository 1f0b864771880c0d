import { JetStreamApiError, type JetStreamPublishOptions, type PubAck } from '@nats-io/jetstream';
import { ClosedConnectionError, DrainingConnectionError, headers, type MsgHdrs } from '@nats-io/transport-node';
import { CONTENT_HASH_HEADER, contentHash } from './content-hash.ts';
import { BenchwireError, messageOf } from './errors.ts';
import { backoffMs, pause } from './lifecycle.ts';
import type { StreamPublisher } from './stream-writer.ts';

export interface PublishOptions {
  /** `Nats-Msg-Id`; the server stores a message with the same id once. */
  id?: string;
  headers?: MsgHdrs;
  /** Lets readers notice a content that was changed on the way: see content-hash.ts. */
  with_hash?: boolean;
  /** Gives up when it aborts; without it a publish is tried for ever. */
  signal?: AbortSignal;
  expect?: JetStreamPublishOptions['expect'];
}

/**
 * Stores a message in its stream and resolves when the server has it. A server that is away is waited for: the id makes
 * trying again harmless.
 * @throws BenchwireError PUBLISH_REFUSED when the server says no (too large, no such stream), PUBLISH_ABORTED when the
 *   signal aborts or the connection is closed.
 */
export async function publish(
  client: StreamPublisher,
  subject: string,
  payload: Uint8Array | string,
  options: PublishOptions = {},
): Promise<PubAck> {
  const head = options.with_hash === true ? (options.headers ?? headers()) : options.headers;
  if (options.with_hash === true) head?.set(CONTENT_HASH_HEADER, contentHash(payload));
  for (let attempt = 0; ; attempt++) {
    try {
      return await client.publish(subject, payload, {
        ...(options.id === undefined ? {} : { msgID: options.id }),
        ...(head === undefined ? {} : { headers: head }),
        ...(options.expect === undefined ? {} : { expect: options.expect }),
        timeout: 5000,
      });
    } catch (error) {
      if (isRefusal(error)) {
        throw new BenchwireError('PUBLISH_REFUSED', `NATS does not store ${subject}: ${messageOf(error)}`, {
          cause: error,
        });
      }
      if (options.signal?.aborted === true || isClosed(error)) {
        throw new BenchwireError('PUBLISH_ABORTED', `gave up publishing ${subject}: ${messageOf(error)}`, {
          cause: error,
        });
      }
      await pause(backoffMs(attempt, 50, 2000, Math.random), options.signal);
    }
  }
}

function isRefusal(error: unknown): boolean {
  // 4xx: the request itself is wrong. 503 is a server or stream leader that is away for now.
  if (error instanceof JetStreamApiError) return error.status >= 400 && error.status < 500;
  return error instanceof RangeError || (error instanceof Error && error.name === 'InvalidArgumentError');
}

function isClosed(error: unknown): boolean {
  return error instanceof ClosedConnectionError || error instanceof DrainingConnectionError;
}
