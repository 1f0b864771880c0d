import { PermissionViolationError, RequestError } from '@nats-io/transport-node';

/** What the NATS server's permissions forbid, where that is what an error is about. */
export function violationOf(error: unknown): PermissionViolationError | undefined {
  if (error instanceof RequestError) return violationOf(error.cause);
  return error instanceof PermissionViolationError ? error : undefined;
}
