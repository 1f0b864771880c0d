import { BenchwireError } from '../runtime/errors.ts';

/** A tool was asked for something wrong: the message says what, and what to write instead. */
export class ToolError extends BenchwireError {
  constructor(message: string) {
    super('TOOL_ERROR', message);
    this.name = 'ToolError';
  }
}
