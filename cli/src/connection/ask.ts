import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { BenchwireError, UnreachableError } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { isNobodyThere, type NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { errors } from '@nats-io/transport-node';
import type { z } from 'zod';
import { RefusedError } from '../errors.ts';
import { formatBytes } from '../terminal/numbers.ts';

export interface AskOptions {
  /** Who answers, for the error when nobody does. */
  service: string;
  timeout_ms?: number;
  /** For how long a service that isn't there is waited for; it may just be restarting. */
  patience_ms?: number;
}

/**
 * One request/reply with a service, checked against the contract on the way back.
 * @throws UnreachableError when nobody answers, RefusedError when the question is too large
 */
export async function ask<A>(
  nats: NatsConnection,
  subject: string,
  question: unknown,
  schema: z.ZodType<A>,
  options: AskOptions,
): Promise<A> {
  const payload = JSON.stringify(question);
  const size = Buffer.byteLength(payload);
  const most = nats.info?.max_payload ?? Number.POSITIVE_INFINITY;
  if (size > most) {
    throw new RefusedError(
      `this is ${formatBytes(size)} as JSON, and the NATS server takes messages of at most ${formatBytes(most)}: ` +
        'write many alike tasks as a `matrix` or with `repetitions`, or split the request.',
    );
  }
  const { timeout_ms = 15_000, patience_ms = 3000, service } = options;
  const give_up_at = Date.now() + patience_ms;
  for (;;) {
    try {
      const reply = await nats.request(subject, payload, { timeout: timeout_ms });
      const parsed = parseJson(schema, reply.data);
      if (parsed.ok) return parsed.value;
      throw new BenchwireError(
        'BAD_REPLY',
        `${subject} was answered in a form that this bw does not know (${parsed.issues[0]?.path}: ${parsed.issues[0]?.message}): are bw and the stack of the same version?`,
      );
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      if (isNobodyThere(error) && Date.now() < give_up_at) {
        await pause(200);
        continue;
      }
      throw new UnreachableError(
        isNobodyThere(error)
          ? `NATS is there, but the ${service} is not: nobody answers on ${subject}. Look whether it runs, and at its log.`
          : `the ${service} did not answer on ${subject} within ${timeout_ms / 1000} s. Look at its log.`,
        error,
      );
    }
  }
}

function isUnanswered(error: unknown): boolean {
  return (
    isNobodyThere(error) ||
    error instanceof errors.TimeoutError ||
    error instanceof errors.RequestError ||
    error instanceof errors.ClosedConnectionError
  );
}

/** An issue as a line: where, what, and what to do. */
export function issueLine(issue: Issue): string {
  return issue.path === '' || issue.path === '(message)' ? issue.message : `${issue.path}: ${issue.message}`;
}
