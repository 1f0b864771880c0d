import type { PermissionViolationError } from '@nats-io/transport-node';
import { ClientError } from './errors.ts';

/** The error of a client whose user may not do something on NATS. */
export function notAllowed(violation: PermissionViolationError): ClientError {
  const { operation, subject } = violation;
  const what = operation === 'publish' ? 'publish on' : 'subscribe to';
  return new ClientError(
    'NOT_ALLOWED',
    `the NATS server does not allow this user to ${what} ${subject}: docs/streams.md lists what a user needs.`,
    { cause: violation },
  );
}
