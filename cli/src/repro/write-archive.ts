import { execFile } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { RequestFile } from '@benchwire/shared/contracts/request-file.ts';
import type { ArtifactStore } from '@benchwire/shared/runtime/artifact-store.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Repro } from './collect.ts';
import { MEASURE_AGAIN } from './measure-again.ts';

/** Of all files of the request together; what is more is named in MISSING.md. */
const MAX_FILES_BYTES = 2e9;

/** Whether a path of a request is inside of the folder that the request lies in, so that `bw run` finds the file there. */
const isBeside = (path: string): boolean => !path.startsWith('/') && !path.split('/').includes('..');

/**
 * Writes the archive: a folder of that name in a .tar.gz.
 * @returns what is missing in it, with the reasons
 */
export async function writeRepro(repro: Repro, file: string, name: string, store: ArtifactStore): Promise<string[]> {
  const work = mkdtempSync(join(tmpdir(), 'bw-repro-'));
  const folder = join(work, name);
  mkdirSync(folder);
  try {
    const missing = [...repro.missing];
    const kept = await writeFiles(repro.files, folder, store, missing);
    const json = (of: string, value: unknown): void =>
      writeFileSync(join(folder, of), `${JSON.stringify(value, null, 2)}\n`);
    if (repro.request !== null)
      json('request.json', { ...repro.request, ...(kept.length === 0 ? {} : { files: kept }) });
    if (repro.subject.finding !== null) json('finding.json', repro.subject.finding);
    json('outcomes.json', repro.outcomes);
    json('results.json', repro.results);
    json('samples.json', repro.samples);
    json('history.json', repro.history);
    json('hashes.json', { measured: repro.measured, files: repro.files, artifacts_made: artifactsOf(repro) });
    json('environment.json', environmentOf(repro));
    writeFileSync(join(folder, 'measure-again.mjs'), MEASURE_AGAIN, { mode: 0o755 });
    writeFileSync(join(folder, 'README.md'), readme(repro));
    writeFileSync(
      join(folder, 'MISSING.md'),
      missing.length === 0 ? 'Nothing is missing.\n' : `${missing.map((each) => `- ${each}`).join('\n')}\n`,
    );
    await promisify(execFile)('tar', ['-czf', file, '-C', work, name]);
    return missing;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @returns files that the request still has to name, since `bw run` does not find them beside it */
async function writeFiles(
  files: readonly RequestFile[],
  folder: string,
  store: ArtifactStore,
  missing: string[],
): Promise<RequestFile[]> {
  const kept: RequestFile[] = [];
  let left = MAX_FILES_BYTES;
  for (const file of files) {
    const beside = isBeside(file.path);
    let whole = true;
    for (const { name, sha256, size_bytes } of file.parts) {
      const first = name === file.parts[0]?.name;
      const to = beside
        ? join(folder, first ? file.path : join(dirname(file.path), name))
        : join(folder, 'files', sha256);
      left -= size_bytes;
      try {
        if (left < 0) throw new Error(`all files together are larger than ${MAX_FILES_BYTES / 1e9} GB`);
        mkdirSync(dirname(to), { recursive: true });
        await pipeline(Readable.from(store.content(sha256)), createWriteStream(to));
      } catch (error) {
        whole = false;
        rmSync(to, { force: true });
        missing.push(`file ${file.path} (${name}, SHA-256 ${sha256}): ${messageOf(error)}.`);
      }
    }
    if (beside && whole) continue;
    kept.push(file);
    if (whole)
      missing.push(
        `file ${file.path}: its path is outside of this folder, so request.json names it by its hash and only this stack has it. For another stack copy it from files/ to that path, and remove \`files\` from request.json.`,
      );
  }
  return kept;
}

function artifactsOf({ outcomes }: Repro): unknown[] {
  return outcomes.flatMap(({ results }) => ('artifact' in results && results.artifact ? [results.artifact] : []));
}

/** What it was measured on and with, of the attempt that counts. */
function environmentOf({ outcomes }: Repro): Record<string, unknown> {
  const last = outcomes.at(-1);
  if (last === undefined) return {};
  const { worker_id, device_id, pool, fingerprint, environment, simulation_status } = last;
  return { worker_id, device_id, pool, fingerprint, environment, simulation_status };
}

function readme({ subject, request }: Repro): string {
  const { run_id, task_id, finding } = subject;
  return `# ${finding === null ? `Task ${task_id} of run ${run_id}` : `Finding ${finding.finding_id}`}

${finding === null ? '' : `${finding.message}\n\n`}\`bw repro\` wrote this. MISSING.md says what is not in it, and why.

## Measure it again
${
  request === null
    ? '\nThe request is not in this archive (MISSING.md).\n'
    : `
    node measure-again.mjs                  # any device that fits
    node measure-again.mjs --same-device    # only the pool that measured it
    BW="npm run -s bw --" node measure-again.mjs   # from a checkout of Benchwire

It needs \`bw\` and a stack (\`npm start\`), runs request.json, and prints each value beside the one that was measured, with what differs in
files and environment. Exit code 1: a task failed or measured nothing that can be compared.
`
}
## Files

| file | what |
|---|---|
| request.json | the request of this task |
| outcomes.json | result documents of its attempts, with logs |
| results.json, samples.json | values, and the raw points behind them |
| history.json | points of the finding's series |
| hashes.json | SHA-256 of models, programs and files; the commit |
| environment.json | device, versions of drivers, kernel and runtimes |
`;
}
