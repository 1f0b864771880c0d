import { resolve } from 'node:path';
import { loadPlugins } from '@benchwire/shared/plugins/load-plugins.ts';
import { defineCommand } from '../arguments/command.ts';
import { EXIT, UsageError } from '../errors.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import { oneLine } from '../terminal/text-width.ts';

interface Row {
  name: string;
  kind: string;
  state: string;
}

export const plugins = defineCommand({
  name: 'plugins',
  summary: 'plug-ins: which are loaded, and what is wrong with the others',
  positionals: ['[FILE]'],
  options: {},
  details:
    'FILE is a file of plug-ins (docs/plugins.md); that of BENCHWIRE_PLUGINS without. Exit code 1: one of them cannot be used.',
  async run(context, _, [file = context.environment.BENCHWIRE_PLUGINS ?? '']) {
    const { out, style, json, working_directory } = context;
    if (file === '')
      throw new UsageError('name a file of plug-ins, or set BENCHWIRE_PLUGINS: docs/plugins.md has an example.');
    const { plugins: loaded, problems } = await loadPlugins(resolve(working_directory, file));
    if (json) out.line(JSON.stringify({ plugins: loaded, problems: problems.map(({ message }) => message) }));
    else {
      const rows: Row[] = [
        ...loaded.map(({ name, kind, title }) => ({ name, kind: kind.replace('_', ' '), state: title })),
        ...problems.map(({ message }) => ({ name: '', kind: 'not usable', state: message })),
      ];
      out.lines(renderTable(rows, COLUMNS, { style, width: out.columns }));
    }
    return problems.length === 0 ? EXIT.ok : EXIT.task_failed;
  },
});

const COLUMNS: ReadonlyArray<Column<Row>> = [
  { title: 'name', cell: ({ name }) => name },
  { title: 'kind', cell: ({ kind }) => kind },
  { title: 'what', cell: ({ state }) => oneLine(state), shrink_to: 40 },
];
