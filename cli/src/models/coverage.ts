import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fallenBack, readCoverage } from '@benchwire/shared/catalogue/coverage-results.ts';
import { coverageOf, modelTypes } from '@benchwire/shared/catalogue/model-types.ts';
import { unknownModel } from '@benchwire/shared/catalogue/models.ts';
import type { Stage } from '@benchwire/shared/catalogue/stages.ts';
import { recordCoverage } from '@benchwire/shared/client/record-coverage.ts';
import type { CoverageRow } from '@benchwire/shared/contracts/rows.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { withStack } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { EXIT, NotFoundError, UsageError } from '../errors.ts';
import { formatAgo } from '../terminal/numbers.ts';
import { renderTable } from '../terminal/table.ts';

/**
 * Stores what a coverage run found, dated as the file is. What came further before is named and stored all the same: the matrix
 * shows what is, and the recorded state in the repository is what a release is checked against.
 */
export async function recordFile(context: CliContext, file: string): Promise<number> {
  const path = resolve(context.working_directory, file);
  const { lines, written_at } = read(path, file);
  if (lines.length === 0)
    throw new UsageError(`${file} has no results: \`npm run bench -- models --dump FILE\` writes them.`);
  const stored = await withStack(context, ({ nats }) => recordCoverage(nats, lines, written_at));
  const fallen = fallenBack(lines, coverageOf);
  if (context.json) context.out.line(JSON.stringify({ types: lines.length, results: stored, fallen_back: fallen }));
  else {
    context.out.line(`recorded ${lines.length} model types, ${stored} results`);
    for (const { type, from, to, reason } of fallen)
      context.err.line(context.style.yellow(`${type} fell back from ${from} to ${to}: ${reason}`));
  }
  return EXIT.ok;
}

/** @throws UsageError for a file that cannot be read */
function read(path: string, file: string): { lines: ReturnType<typeof readCoverage>; written_at: Date } {
  try {
    return { lines: readCoverage(readFileSync(path, 'utf8')), written_at: statSync(path).mtime };
  } catch (error) {
    throw new UsageError(`${file}: ${messageOf(error)}`);
  }
}

/** What the stack's newest coverage run found. @throws NotFoundError for a model that nothing is recorded of */
export async function showCoverage(context: CliContext, model?: string, stage?: Stage): Promise<number> {
  const { out, err, style, json, now } = context;
  if (model !== undefined && !modelTypes().has(model)) throw new NotFoundError(unknownModel(model));
  const { rows } = await withStack(context, (client) =>
    client.query('coverage', { ...(model === undefined ? {} : { model }), ...(stage === undefined ? {} : { stage }) }),
  );
  if (json) {
    out.line(JSON.stringify(rows));
    return EXIT.ok;
  }
  if (rows.length === 0) {
    err.line('no coverage run is recorded: `bw models --record FILE` stores one.');
    return EXIT.ok;
  }
  const columns = [
    { title: 'model', cell: ({ model: name }: CoverageRow) => name },
    { title: 'executor', cell: ({ executor }: CoverageRow) => executor },
    { title: 'stage', cell: (row: CoverageRow) => row.stage },
    { title: 'before', cell: (row: CoverageRow) => (row.stage_before === row.stage ? '' : row.stage_before) },
    {
      title: 'checked',
      cell: ({ checked_at }: CoverageRow) => formatAgo(Date.parse(checked_at), now()),
      expendable: 2,
    },
    { title: 'why no further', cell: ({ reason }: CoverageRow) => reason, at_most: 120, shrink_to: 20, expendable: 1 },
  ];
  out.lines(renderTable(rows, columns, { style, width: out.columns }));
  return EXIT.ok;
}
