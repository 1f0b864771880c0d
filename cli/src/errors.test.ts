import { BenchwireError, ConfigError, UnreachableError } from '@benchwire/shared/runtime/errors.ts';
import { expect, it } from 'vitest';
import { exitCodeOf, InvalidRequestError, RefusedError, UsageError } from './errors.ts';

it.each([
  [new UsageError('x'), 64],
  [new InvalidRequestError('f', ['a']), 64],
  [new RefusedError('x'), 64],
  [new ConfigError('x'), 64],
  [new UnreachableError('x'), 3],
  [new BenchwireError('BAD_REPLY', 'x'), 1],
  [new TypeError('a bug'), 70],
])('%s ends with %i', (error, code) => expect(exitCodeOf(error)).toBe(code));
