import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { decideRun } from '../connection/decide-run.ts';
import { findRun } from '../connection/find-run.ts';
import type { CliContext } from '../context.ts';
import { EXIT, NotFoundError, UsageError } from '../errors.ts';
import { formatNumber } from '../terminal/numbers.ts';
import { readKeys } from '../terminal/read-key.ts';
import { oneLine } from '../terminal/text-width.ts';

export const deleteRun = defineCommand({
  name: 'delete',
  summary: 'delete a finished run and everything that it measured',
  positionals: ['RUN'],
  options: {
    yes: { kind: 'flag', help: 'do not ask; needed where nobody can answer' },
    reason: { kind: 'text', value: 'TEXT', help: 'the reason, recorded in the events' },
  },
  details: `
Its tasks, outcomes, results and samples are gone for good, and its points no longer count in histories. Findings that only it
shows are withdrawn. Who deleted it stays in the events. A run that has not ended is refused: cancel it first.`,
  async run(context, { yes = false, reason = '' }, [text = '']) {
    const deleted = await withStack(context, async (client) => {
      const run_id = await findRun(client, text);
      const [run] = (await client.query('run', { run_id })).rows;
      if (run === undefined) throw new NotFoundError(`no run matches "${text}": \`bw runs\` lists them.`);
      if (!yes && !(await isConfirmed(context, run))) return undefined;
      await decideRun(client, run_id, 'delete', reason, context.now());
      return run_id;
    });
    if (deleted === undefined) {
      context.err.line('Nothing was deleted.');
      return EXIT.interrupted;
    }
    if (context.json) context.out.line(JSON.stringify({ run_id: deleted, deleted: true }));
    else context.out.line(`run ${deleted} is deleted.`);
    return EXIT.ok;
  },
});

/** Asks for one key. @throws UsageError where nobody can answer */
async function isConfirmed({ stdin, err, onInterrupt }: CliContext, run: RunRow): Promise<boolean> {
  if (stdin.isTTY !== true || !err.isTerminal)
    throw new UsageError('nobody can be asked here: add --yes to delete the run.');
  const tasks = `${formatNumber(run.total)} ${run.total === 1 ? 'task' : 'tasks'}`;
  err.line(
    `Delete run ${run.run_id} ${oneLine(run.name)} with ${tasks}, for good? Press y to delete, any other key to keep it.`,
  );
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const stopReading = readKeys(stdin, (key) => resolve(key.toLowerCase() === 'y'));
  const restore = onInterrupt(() => resolve(false));
  try {
    return await promise;
  } finally {
    stopReading();
    restore();
  }
}
