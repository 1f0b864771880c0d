import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';

/** The scheduler was about to bring its own state out of order. A mistake in its code, never an effect of a message. */
export class IllegalTransitionError extends BenchwireError {
  constructor(message: string) {
    super('ILLEGAL_TRANSITION', message);
    this.name = 'IllegalTransitionError';
  }
}
