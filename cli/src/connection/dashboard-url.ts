import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findStack } from '@benchwire/shared/client/find-stack.ts';
import type { CliContext } from '../context.ts';

/** The page of a run on the dashboard of the local stack that was found; undefined for another stack, whose address nobody knows here. */
export function dashboardUrl(context: CliContext, run_id: string): string | undefined {
  const { nats_url, environment, working_directory } = context;
  const { found_by } = findStack({ nats_url, environment, working_directory });
  if (!found_by.startsWith('/')) return undefined;
  try {
    const port = Number(readFileSync(join(dirname(found_by), 'dashboard-port'), 'utf8').trim());
    return Number.isInteger(port) && port > 0 ? `http://127.0.0.1:${port}/runs/${run_id}` : undefined;
  } catch {
    return undefined; // a stack without a dashboard
  }
}
