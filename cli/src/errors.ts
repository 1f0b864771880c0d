import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';

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

/** Something that was asked for does not exist, or was refused by the stack. */
export class RefusedError extends BenchwireError {
  readonly issues: readonly Issue[];

  constructor(message: string, issues: readonly Issue[] = []) {
    super('REFUSED', message);
    this.name = 'RefusedError';
    this.issues = issues;
  }
}

/** A request file that is wrong: every issue, already written out with its place. */
export class InvalidRequestError extends BenchwireError {
  readonly lines: readonly string[];

  constructor(file: string, lines: readonly string[]) {
    const count = lines.length === 1 ? 'one problem' : `${lines.length} problems`;
    super('REQUEST_INVALID', `${file} is no valid request, ${count}:`);
    this.name = 'InvalidRequestError';
    this.lines = lines;
  }
}

/** The exit code for whatever ended a command. Total: what is not ours is a bug, and 70 is what sysexits.h says for it. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof BenchwireError)) return 70;
  switch (error.code) {
    case 'USAGE':
    case 'REQUEST_INVALID':
    case 'REFUSED':
    case 'CONFIG_INVALID':
      return EXIT.usage;
    case 'UNREACHABLE':
      return EXIT.unreachable;
    default:
      return EXIT.task_failed;
  }
}
