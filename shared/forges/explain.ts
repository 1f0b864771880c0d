import { Refused } from '../outbound/errors.ts';

/** Says by the status of a refusal what to do about it, before what the forge says; other errors stay as they are. */
export function explainRefusal(error: unknown, hints: Readonly<Record<number, string>>): unknown {
  if (!(error instanceof Refused)) return error;
  const hint = hints[error.status ?? 0];
  if (hint === undefined || error.message.startsWith(hint)) return error;
  return new Refused(`${hint} (${error.message})`, error.status);
}
