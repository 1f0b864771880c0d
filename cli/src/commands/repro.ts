import { resolve } from 'node:path';
import type { Client } from '@benchwire/shared/client/client.ts';
import { finding } from '@benchwire/shared/contracts/finding.ts';
import { ArtifactStore } from '@benchwire/shared/runtime/artifact-store.ts';
import { jetstreamManager } from '@nats-io/jetstream';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findFinding, shortFindingId } from '../connection/find-finding.ts';
import { shortRunId } from '../connection/find-run.ts';
import { findRunOrTask } from '../connection/find-task.ts';
import { EXIT, NotFoundError, UsageError } from '../errors.ts';
import { collectRepro, type ReproSubject } from '../repro/collect.ts';
import { writeRepro } from '../repro/write-archive.ts';
import { oneLine } from '../terminal/text-width.ts';

export const repro = defineCommand({
  name: 'repro',
  summary: 'one archive that measures a finding or a task again, anywhere',
  positionals: ['FINDING|RUN/TASK'],
  options: {
    output: { kind: 'text', short: 'o', value: 'FILE', help: 'where it is written (benchwire-repro-….tar.gz)' },
  },
  details: `
Writes a .tar.gz with the request, the files that it names, hashes, versions and environment, the samples, and a script that
measures it again and prints the new values beside the old ones. MISSING.md in it says what could not be had.

  bw repro last                        # the newest finding
  bw repro 019ab000-0000/decode        # a task of a run
  tar xzf benchwire-repro-*.tar.gz && node benchwire-repro-*/measure-again.mjs`,
  async run(context, { output }, [text = '']) {
    const written = await withStack(context, async (client) => {
      const subject = await findSubject(client, text);
      const name = `benchwire-repro-${subject.finding === null ? `${shortRunId(subject.run_id)}-${subject.task_id}` : shortFindingId(subject.finding.finding_id)}`;
      const file = resolve(context.working_directory, output ?? `${name}.tar.gz`);
      const collected = await collectRepro(client, subject);
      const store = new ArtifactStore(await jetstreamManager(client.nats));
      const missing = await writeRepro(collected, file, name, store);
      return { file, run_id: subject.run_id, task_id: subject.task_id, missing };
    });
    const { out, err, json } = context;
    if (json) out.line(JSON.stringify(written));
    else {
      out.line(written.file);
      for (const each of written.missing) err.line(`missing: ${oneLine(each)}`);
    }
    return EXIT.ok;
  },
});

/** @throws NotFoundError, or UsageError for a run without a task */
async function findSubject(client: Client, text: string): Promise<ReproSubject> {
  const [run = '', task] = text.split('/', 2);
  if (task !== undefined) {
    const { run_id, task_id = '' } = await findRunOrTask(client, run, task);
    return { run_id, task_id, finding: null };
  }
  const row = await findFinding(client, text).catch(async (error: unknown) => {
    if (!(error instanceof NotFoundError) || text === 'last') throw error;
    // A run's id names no task; a task alone is that of the newest run.
    const found = await findRunOrTask(client, text, undefined).catch(() => {
      throw error;
    });
    if (found.task_id === undefined)
      throw new UsageError(
        `"${text}" is a run: name one of its tasks, ${shortRunId(found.run_id)}/TASK. \`bw show ${shortRunId(found.run_id)}\` lists them.`,
      );
    return { finding_id: undefined, ...found, task_id: found.task_id };
  });
  if (row.finding_id === undefined) return { run_id: row.run_id, task_id: row.task_id, finding: null };
  const { rows } = await client.query('finding', { finding_id: row.finding_id });
  const record = rows[0]?.record;
  return {
    run_id: row.run_id,
    task_id: row.task_id,
    finding: record === undefined ? null : finding.parse(JSON.parse(record)),
  };
}
