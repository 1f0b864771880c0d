import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type InstalledRunner, RUNNER_NAMES } from '@benchwire/shared/contracts/runner.ts';
import { runnersFolder } from '@benchwire/shared/runtime/runners-folder.ts';
import { defineCommand } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { BUILDS, openvinoSource, torchSource } from '../runner/builds.ts';
import { installRunner, readInstalled } from '../runner/install.ts';
import { thisMachine } from '../runner/this-machine.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import { oneLine } from '../terminal/text-width.ts';

export const runner = defineCommand({
  name: 'runner',
  summary: 'install what executors need beside Node: PyTorch, OpenVINO',
  positionals: ['ACTION', '[NAME]'],
  options: {
    wheels: { kind: 'text', value: 'DIR', help: 'with install: take packages from this folder, fetch nothing' },
    'torch-index': { kind: 'text', value: 'URL', help: 'with install torch: the package index to take PyTorch from' },
    build: { kind: 'choice', choices: BUILDS, help: 'with install torch: this build, instead of the one that fits' },
    python: { kind: 'text', value: 'PROGRAM', help: 'with install: Python 3.11 to 3.13, instead of the one in PATH' },
  },
  details: `
bw runner list                  what is installed, and where
bw runner install torch         installs PyTorch and transformers for the executors torch and export
bw runner install openvino      installs OpenVINO for the executor openvino

The environment is a virtual environment in the data folder (BENCHWIRE_DATA_DIR, else .benchwire in the repository, or
WORKER_RUNNERS_DIR). Versions are pinned in runners/python/locks. A running worker of this machine offers it within 30 s.`,
  async run(context, values, [action = '', name]) {
    const folder = runnersFolder(context.environment, context.working_directory);
    if (action === 'list') return await list(context, folder);
    if (action !== 'install') throw new UsageError(`unknown action "${oneLine(action)}": use list or install.`);
    const known = RUNNER_NAMES.find((each) => each === name);
    if (known === undefined)
      throw new UsageError(`there is no runner "${oneLine(name ?? '')}": use ${RUNNER_NAMES.join(', ')}.`);
    const wheels = values.wheels === undefined ? undefined : resolve(context.working_directory, values.wheels);
    if (wheels !== undefined && (await stat(wheels).catch(() => undefined))?.isDirectory() !== true)
      throw new UsageError(`--wheels ${values.wheels} is not a folder.`);
    const asked = { build: values.build, index: values['torch-index'], from_folder: wheels !== undefined };
    const machine = await thisMachine();
    const installed = await installRunner({
      name: known,
      folder,
      source: known === 'torch' ? torchSource(machine, asked) : openvinoSource(machine, asked),
      wheels,
      python: values.python,
      say: (line) => context.err.line(line),
    });
    if (context.json) context.out.line(JSON.stringify(installed));
    return EXIT.ok;
  },
});

async function list(context: CliContext, folder: string): Promise<number> {
  const found = await Promise.all(
    RUNNER_NAMES.map(async (name) => ({ name, installed: await readInstalled(join(folder, name)) })),
  );
  if (context.json) {
    for (const { name, installed } of found)
      context.out.line(JSON.stringify(installed ?? { name, installed_at: null }));
    return EXIT.ok;
  }
  const columns: Array<Column<(typeof found)[number]>> = [
    { title: 'runner', cell: ({ name }) => name },
    { title: 'build', cell: ({ installed }) => installed?.build ?? '' },
    {
      title: 'versions',
      cell: ({ name, installed }) => versionsOf(installed) ?? `not installed: bw runner install ${name}`,
    },
    { title: 'classes', cell: ({ installed }) => installed?.classes.join(', ') ?? '' },
    { title: 'python', cell: ({ installed }) => installed?.python ?? '' },
  ];
  const { out, style } = context;
  out.lines(renderTable(found, columns, { style, width: out.columns }));
  return EXIT.ok;
}

function versionsOf(installed: InstalledRunner | undefined): string | undefined {
  if (installed === undefined) return undefined;
  const libraries = Object.entries(installed.versions).map(([library, version]) => `${library} ${version}`);
  return libraries.join(', ');
}
