import { ClientError, type ClientErrorCode } from '@benchwire/shared/client/errors.ts';
import { BenchwireError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import { withoutCredentials } from '@benchwire/shared/runtime/server-url.ts';

/** What `bw` tells the shell. Documented in `bw --help`; scripts rely on these. */
export const EXIT = {
  ok: 0,
  task_failed: 1,
  regression: 2,
  unreachable: 3,
  usage: 64,
  /** 128 + SIGINT and 128 + SIGPIPE, as every shell expects it. */
  interrupted: 130,
  broken_pipe: 141,
} as const;

/** A wrong command line. The message says what to write instead. */
export class UsageError extends BenchwireError {
  constructor(message: string) {
    super('USAGE', message);
    this.name = 'UsageError';
  }
}

/** Something that was asked for does not exist. */
export class NotFoundError extends BenchwireError {
  constructor(message: string) {
    super('NOT_FOUND', message);
    this.name = 'NotFoundError';
  }
}

/** A repetition would measure other files than the run that it repeats. */
export class FilesDifferError extends BenchwireError {
  constructor(message: string) {
    super('FILES_DIFFER', message);
    this.name = 'FilesDifferError';
  }
}

/** A request file that is wrong: every issue, already written out with its place. */
export class InvalidRequestError extends BenchwireError {
  readonly lines: readonly string[];

  /** @param what - what the file should have been */
  constructor(file: string, lines: readonly string[], what = 'request') {
    const count = lines.length === 1 ? 'one problem' : `${lines.length} problems`;
    super('REQUEST_INVALID', `${file} is not a valid ${what}, ${count}:`);
    this.name = 'InvalidRequestError';
    this.lines = lines;
  }
}

/** The codes of shared/client, and what of them a shell is told. Complete by its type. */
const CLIENT_EXIT: Record<ClientErrorCode, number> = {
  QUERY_INVALID: EXIT.usage,
  REQUEST_INVALID: EXIT.usage,
  REFUSED: EXIT.usage,
  BUSY: EXIT.task_failed,
  MESSAGE_TOO_LARGE: EXIT.usage,
  WATCH_INVALID: EXIT.usage,
  // As for wrong credentials: this user can't reach that part of the stack.
  NOT_ALLOWED: EXIT.unreachable,
  NOT_SETTLED: EXIT.unreachable,
  CONNECTION_CLOSED: EXIT.unreachable,
  BAD_REPLY: EXIT.task_failed,
};

/** The exit code for whatever ended a command. Total: what is not ours is a bug, and 70 is what sysexits.h says for it. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof BenchwireError)) return 70;
  if (error instanceof ClientError) return CLIENT_EXIT[error.code];
  switch (error.code) {
    case 'USAGE':
    case 'REQUEST_INVALID':
    case 'NOT_FOUND':
    case 'CONFIG_INVALID':
    case 'IMPORT_INVALID':
      return EXIT.usage;
    case 'UNREACHABLE':
      return EXIT.unreachable;
    default:
      return EXIT.task_failed;
  }
}

/** What to do next with bw, for an error whose message does not know of bw. */
export function hintOf(error: BenchwireError): string | undefined {
  if (error.code === 'NOT_SETTLED') return '`bw findings --run last` shows it later.';
  return undefined;
}

/** What a server said, or that it said nothing, for people. */
export function serverErrorText(error: Error): string {
  const said = withoutCredentials(messageOf(error.cause instanceof Error ? error.cause : error));
  return error.name === 'TimeoutError' || /timeout/i.test(said)
    ? 'the NATS server of the stack does not answer in time: is its disk full, or the machine overloaded? `bw cluster` shows more.'
    : `the stack's servers refuse: ${said}. \`bw cluster\` shows more.`;
}
