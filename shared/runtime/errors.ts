/** Base of every error that Benchwire raises on purpose: a stable code, and whether trying again can help. */
export class BenchwireError extends Error {
  readonly code: string;
  readonly retriable: boolean;

  constructor(code: string, message: string, options: { retriable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BenchwireError';
    this.code = code;
    this.retriable = options.retriable ?? false;
  }
}

/** A wrong value in the environment. Names each variable and what it accepts. */
export class ConfigError extends BenchwireError {
  constructor(message: string) {
    super('CONFIG_INVALID', message);
    this.name = 'ConfigError';
  }
}

/** The stack, or a part of it, does not answer. */
export class UnreachableError extends BenchwireError {
  constructor(message: string, cause?: unknown) {
    super('UNREACHABLE', message, { retriable: true, cause });
    this.name = 'UnreachableError';
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const SERVER_ERRORS = new Set([
  'JetStreamApiError',
  'JetStreamError',
  'JetStreamNotEnabled',
  'JetStreamStatusError',
  'TimeoutError',
  'RequestError',
  'NoRespondersError',
  'PermissionViolationError',
  'AuthorizationError',
  'ConnectionError',
  'ClosedConnectionError',
  'ReplyError',
  'ClickHouseError',
]);

/**
 * Whether an error is what a server said, or that it did not answer: its message tells people all there is, and where it was noticed in
 * our code helps nobody. By the names that the clients of NATS, Redis and ClickHouse give their errors, and by the codes of the system.
 */
export function isServerError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return SERVER_ERRORS.has(error.name) || ('code' in error && /^E[A-Z]{3,}$/.test(String(error.code)));
}
