import { SINCE_FORMS, sinceTime as timeNamed } from '@benchwire/shared/format/since-time.ts';
import { UsageError } from '../errors.ts';

/**
 * The time that `--since` names, in UTC.
 * @throws UsageError that says what it takes
 */
export function sinceTime(text: string, now_ms: number): string {
  const at = timeNamed(text, now_ms);
  if (at !== undefined) return at;
  throw new UsageError(`--since takes ${SINCE_FORMS}, not "${text}".`);
}
