import { PermissionViolationError, RequestError } from '@nats-io/transport-node';
import { ClientError } from './errors.ts';

/** What the NATS server's permissions forbid, where that is what an error is about. */
export function violationOf(error: unknown): PermissionViolationError | undefined {
  if (error instanceof RequestError) return violationOf(error.cause);
  return error instanceof PermissionViolationError ? error : undefined;
}

export function notAllowed(violation: PermissionViolationError): ClientError {
  const { operation, subject } = violation;
  const what = operation === 'publish' ? 'publish on' : 'subscribe to';
  return new ClientError(
    'NOT_ALLOWED',
    `the NATS server does not allow this user to ${what} ${subject}: docs/streams.md lists what a user needs.`,
    { cause: violation },
  );
}
