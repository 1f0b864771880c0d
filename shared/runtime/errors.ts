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
