import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ask } from '@benchwire/shared/client/ask.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';
import { DASHBOARD_ADDRESS_SUBJECT, dashboardAddressReply } from '@benchwire/shared/contracts/http.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import type { CliContext } from '../context.ts';

/** A gateway that is there answers at once. */
const PATIENCE_MS = 1000;

/** The page of a run: on the dashboard of the local stack that was found, else where a gateway of the stack says it is (DASHBOARD_URL). */
export async function dashboardUrl(
  context: CliContext,
  nats: NatsConnection,
  run_id: string,
): Promise<string | undefined> {
  const address = localAddress(context) ?? (await toldAddress(nats));
  return address === undefined ? undefined : `${address.replace(/\/+$/, '')}/runs/${run_id}`;
}

async function toldAddress(nats: NatsConnection): Promise<string | undefined> {
  try {
    const { url } = await ask(nats, DASHBOARD_ADDRESS_SUBJECT, {}, dashboardAddressReply, {
      ...{ service: 'gateway', reads_only: true, timeout_ms: PATIENCE_MS, patience_ms: 0 },
    });
    return url ?? undefined;
  } catch (error) {
    // A stack without a gateway, or a user who may not ask it: then there is no address to print.
    if (error instanceof BenchwireError) return undefined;
    throw error;
  }
}

function localAddress(context: CliContext): string | undefined {
  const { nats_url, environment, working_directory } = context;
  const { found_by } = findStack({ nats_url, environment, working_directory });
  if (!found_by.startsWith('/')) return undefined;
  try {
    const port = Number(readFileSync(join(dirname(found_by), 'dashboard-port'), 'utf8').trim());
    return Number.isInteger(port) && port > 0 ? `http://127.0.0.1:${port}` : undefined;
  } catch {
    return undefined; // a stack without a dashboard
  }
}
