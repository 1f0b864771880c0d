import { EXIT } from '../errors.ts';
import type { Style } from '../terminal/style.ts';
import type { Command } from './command.ts';
import { GLOBAL_OPTIONS, type OptionSpecs, optionUsage } from './options.ts';

/** What `bw --help` prints. */
export function overview(commands: readonly Command[], style: Style): string {
  const usages = commands.map((c) => [[c.name, ...c.positionals].join(' '), c.summary] as const);
  return [
    'Runs benchmarks and tests through Benchwire and shows the results.',
    '',
    `${style.bold('usage')}  bw COMMAND [options]`,
    '',
    style.bold('commands'),
    ...columns(usages),
    '',
    style.bold('options of every command'),
    ...columns([...optionPairs(GLOBAL_OPTIONS), ['--version', 'the version of bw, and of the Node it runs on']]),
    '',
    style.bold('RUN'),
    '  is a run id, the beginning of one, or `last`.',
    '',
    style.bold('the stack'),
    '  is found automatically: NATS_URL (with NATS_USER, NATS_PASSWORD, NATS_TOKEN, …) where set, else the stack whose data',
    '  folder is BENCHWIRE_DATA_DIR (npm start -- --data-dir), else .benchwire/stack.json in this folder or one above it,',
    '  else the stack that was started from the folder that bw lies in.',
    '',
    style.bold('exit codes'),
    ...columns([
      [String(EXIT.ok), 'all tasks completed'],
      [String(EXIT.task_failed), 'a task failed, or was cancelled'],
      [String(EXIT.regression), '--fail-on was given, and the verdict fails or there is such a finding'],
      [String(EXIT.unreachable), 'could not reach the stack'],
      [String(EXIT.usage), 'wrong usage, or a request that is not valid'],
      [String(EXIT.interrupted), 'ended with Ctrl-C; a run continues'],
    ]),
    '',
    'More about one command: bw COMMAND --help',
  ].join('\n');
}

/** What `bw COMMAND --help` prints. */
export function commandHelp(command: Command, style: Style): string {
  const usage = ['bw', command.name, ...command.positionals].join(' ');
  const own = optionLines(command.options);
  return [
    command.summary,
    '',
    `${style.bold('usage')}  ${usage} [options]`,
    ...(command.details === undefined ? [] : ['', command.details.trim()]),
    ...(own.length === 0 ? [] : ['', style.bold('options'), ...own]),
    '',
    style.bold('options of every command'),
    ...optionLines(GLOBAL_OPTIONS),
  ].join('\n');
}

function optionLines(specs: OptionSpecs): string[] {
  return columns(optionPairs(specs));
}

function optionPairs(specs: OptionSpecs): Array<readonly [string, string]> {
  return Object.entries(specs).map(([name, spec]) => [optionUsage(name, spec), spec.help] as const);
}

function columns(pairs: ReadonlyArray<readonly [string, string]>): string[] {
  const width = Math.max(...pairs.map(([left]) => left.length));
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
