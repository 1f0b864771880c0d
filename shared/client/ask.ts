import { errors, headers } from '@nats-io/transport-node';
import type { z } from 'zod';
import { onStatus } from '../runtime/connection-status.ts';
import { UnreachableError } from '../runtime/errors.ts';
import { parseJson } from '../runtime/issues.ts';
import { pause } from '../runtime/lifecycle.ts';
import { isNobodyThere, type NatsConnection } from '../runtime/nats.ts';
import { violationOf } from '../runtime/permission-violation.ts';
import { ClientError } from './errors.ts';
import { notAllowed } from './not-allowed.ts';
import { type Reply, requestAttended } from './request-attended.ts';

export interface AskOptions {
  /** Who answers, for the error when nobody does. */
  service: string;
  timeout_ms?: number;
  /** For how long a service that isn't there is waited for; it may just be restarting. */
  patience_ms?: number;
  headers?: Readonly<Record<string, string>>;
  /** What to do about a question that is too large. */
  too_large?: string;
  /** It changes nothing: asked again when the connection broke on the way, since question or answer are lost then. */
  reads_only?: boolean;
  /** Gives up waiting, and lets the service that answers see that. */
  signal?: AbortSignal | undefined;
}

/**
 * One request/reply with a service, checked against the contract on the way back.
 * @throws UnreachableError when nobody answers; ClientError MESSAGE_TOO_LARGE, NOT_ALLOWED, BAD_REPLY
 */
export async function ask<A>(
  nats: NatsConnection,
  subject: string,
  question: unknown,
  schema: z.ZodType<A>,
  options: AskOptions,
): Promise<A> {
  const { service, timeout_ms = 15_000, patience_ms = 3000, too_large = 'ask for less', signal } = options;
  const payload = JSON.stringify(question);
  const size = Buffer.byteLength(payload);
  const most = nats.info?.max_payload ?? Number.POSITIVE_INFINITY;
  if (size > most) {
    throw new ClientError(
      'MESSAGE_TOO_LARGE',
      `this is ${megabytes(size)} as JSON, and the NATS server takes messages of at most ${megabytes(most)}: ${too_large}.`,
    );
  }
  const sent = options.headers === undefined ? undefined : headers();
  for (const [name, value] of Object.entries(options.headers ?? {})) sent?.set(name, encodeURIComponent(value));
  let give_up_at = Date.now() + patience_ms;
  for (;;) {
    try {
      const asked: Promise<Reply> =
        signal === undefined
          ? nats.request(subject, payload, {
              timeout: timeout_ms,
              ...(sent === undefined ? {} : { headers: sent }),
            })
          : requestAttended(nats, subject, payload, timeout_ms, signal);
      const reply = await (options.reads_only === true ? unlessReconnected(nats, asked) : asked);
      if (reply === undefined) {
        // The service that answers has to come back, too.
        give_up_at = Date.now() + patience_ms;
        continue;
      }
      const parsed = parseJson(schema, reply.data);
      if (parsed.ok) return parsed.value;
      throw badReply(subject, parsed.issues[0]);
    } catch (error) {
      const violation = violationOf(error);
      if (violation !== undefined) throw notAllowed(violation);
      if (!isUnanswered(error)) throw error;
      if (isNobodyThere(error) && Date.now() < give_up_at) {
        await pause(200);
        continue;
      }
      throw new UnreachableError(
        isNobodyThere(error)
          ? `NATS answers, but the ${service} does not: nothing listens on ${subject}. Check that it runs, and its log.`
          : `the ${service} did not answer on ${subject} within ${timeout_ms / 1000} s. Check its log.`,
        error,
      );
    }
  }
}

/** @returns undefined when the connection was made anew before the answer came, which then never comes */
async function unlessReconnected(nats: NatsConnection, asked: Promise<Reply>): Promise<Reply | undefined> {
  const reconnected = Promise.withResolvers<undefined>();
  const leave = onStatus(nats, ({ type }) => {
    if (type === 'reconnect') reconnected.resolve(undefined);
  });
  try {
    return await Promise.race([asked, reconnected.promise]);
  } finally {
    leave();
    asked.catch(() => undefined); // too late to matter
  }
}

/** An answer in another form than the contract's. */
export function badReply(subject: string, issue: { path: string; message: string } | undefined): ClientError {
  return new ClientError(
    'BAD_REPLY',
    `${subject} was answered in a form that is not known here (${issue?.path}: ${issue?.message}): are client and stack of the same version?`,
  );
}

function isUnanswered(error: unknown): boolean {
  return (
    isNobodyThere(error) ||
    error instanceof errors.TimeoutError ||
    error instanceof errors.RequestError ||
    error instanceof errors.ClosedConnectionError
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
