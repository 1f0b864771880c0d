import type { Output } from './terminal/output.ts';
import type { KeyInput } from './terminal/read-key.ts';
import type { Style } from './terminal/style.ts';

/** Everything outside of a command that it may touch. Built in main.ts; tests build their own. */
export interface CliContext {
  environment: Record<string, string | undefined>;
  working_directory: string;
  stdin: KeyInput;
  /** Results, for people or (`--json`) for programs. */
  out: Output;
  /** Progress, hints and errors. */
  err: Output;
  style: Style;
  /** Style of `err`: each may be a terminal or not. */
  errStyle: Style;
  json: boolean;
  nats_url: string | undefined;
  now(): number;
  /** Replaces what Ctrl-C does until the returned function is called; without a handler it ends the process. */
  onInterrupt(handler: () => void): () => void;
  /** The same for SIGTERM. */
  onTerminate(handler: () => void): () => void;
}
