import { commandConfig } from '@benchwire/shared/contracts/task.ts';
import type { WorkerCommandReply } from '@benchwire/shared/contracts/worker.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import type { Executors } from './executor.ts';

/** Which files a task of executor `command` would measure now, as its outcome would say it. */
export async function inspectFiles(
  executors: Executors,
  config: unknown,
): Promise<Pick<WorkerCommandReply, 'ok' | 'message' | 'environment'>> {
  const parsed = parseWith(commandConfig, config);
  if (!parsed.ok) return { ok: false, message: parsed.issues[0]?.message ?? 'this is not a task' };
  const environment = await executors.command?.inspect?.(parsed.value);
  if (environment === undefined) return { ok: false, message: 'such a task cannot run here' };
  return { ok: true, message: 'as it is now', environment };
}
