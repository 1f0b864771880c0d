import { ClientError } from '@benchwire/shared/client/errors.ts';
import { BenchwireError, ConfigError, UnreachableError } from '@benchwire/shared/runtime/errors.ts';
import { expect, it } from 'vitest';
import { exitCodeOf, InvalidRequestError, NotFoundError, UsageError } from './errors.ts';

it.each([
  [new UsageError('x'), 64],
  [new InvalidRequestError('f', ['a']), 64],
  [new NotFoundError('x'), 64],
  [new ConfigError('x'), 64],
  [new UnreachableError('x'), 3],
  [new ClientError('REQUEST_INVALID', 'x'), 64],
  [new ClientError('REFUSED', 'x'), 64],
  [new ClientError('NOT_ALLOWED', 'x'), 3],
  [new ClientError('NOT_SETTLED', 'x'), 3],
  [new ClientError('BAD_REPLY', 'x'), 1],
  [new BenchwireError('ANY_OTHER', 'x'), 1],
  [new TypeError('a bug'), 70],
])('%s ends with %i', (error, code) => expect(exitCodeOf(error)).toBe(code));
