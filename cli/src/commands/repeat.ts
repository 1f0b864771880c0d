import { changedFilesIssue } from '@benchwire/shared/client/changed-files.ts';
import type { Client } from '@benchwire/shared/client/client.ts';
import { FILES_DIFFER, REPEAT_FILES, type RepeatFiles, requestToRepeat } from '@benchwire/shared/client/repeat-run.ts';
import { requestOfRun, type StoredRequest } from '@benchwire/shared/client/stored-request.ts';
import { expand } from '@benchwire/shared/contracts/expand.ts';
import { request as requestSchema } from '@benchwire/shared/contracts/request.ts';
import { defineCommand } from '../arguments/command.ts';
import { VERDICT_OPTIONS } from '../arguments/verdict-options.ts';
import { withStack } from '../connection/connect.ts';
import { findRun } from '../connection/find-run.ts';
import { FilesDifferError, NotFoundError } from '../errors.ts';
import { oneLine } from '../terminal/text-width.ts';
import { followSubmitted, sayDetached } from './follow-submitted.ts';

export const repeat = defineCommand({
  name: 'repeat',
  summary: 'run the whole of a run again',
  positionals: ['RUN'],
  options: {
    files: {
      kind: 'choice',
      choices: REPEAT_FILES,
      help: "measure the files that are on the workers now, though they are not the run's",
    },
    detach: { kind: 'flag', short: 'd', help: 'only submit; print the run id' },
    ...VERDICT_OPTIONS,
  },
  details: `
Starts a new run of the same request, with the tag repeat_of. Runs of one commit are judged together: a run that fails goes on failing
unless most of its repetitions are not slower.
Where a worker's files are not those that the run measured, nothing is started: restore them, or repeat with --files as_they_are.
The new run's commit is then that of the files, or none where they are not committed.

  bw repeat last
  bw repeat 019ab000-0000 --fail-on regression`,
  async run(context, { detach, files, ...values }, [text = 'last']) {
    return await withStack(context, async (client) => {
      const request = await requestAgain(client, await findRun(client, text), files);
      const submitted = await client.submitWritten(request);
      if (detach) return sayDetached(context, submitted);
      const parsed = requestSchema.parse(request);
      const expansion = expand(parsed);
      const started = { client, submitted, tasks: expansion.ok ? expansion.tasks : [], name: parsed.name };
      return await followSubmitted(context, started, values);
    });
  },
});

/** @throws NotFoundError where the request was not kept; FilesDifferError where other files would be measured */
async function requestAgain(client: Client, run_id: string, files: RepeatFiles | undefined): Promise<StoredRequest> {
  const found = await requestOfRun(client.nats, run_id);
  if (!found.ok) throw new NotFoundError(found.reason);
  const again = await requestToRepeat(client.nats, { run_id, request: found.request, files });
  if (again.ok) return again.request;
  const lines = again.changed.map((each) => `  ${oneLine(changedFilesIssue(each).message)}`);
  throw new FilesDifferError(`${FILES_DIFFER}, or add --files as_they_are:\n${lines.join('\n')}`);
}
