import { homedir } from 'node:os';
import { join } from 'node:path';

/** What tests fetch or build once: kept between runs, and outside of the checkout, so that a fresh clone has it too. */
export function cacheFolder(...names: readonly string[]): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'benchwire', ...names);
}
