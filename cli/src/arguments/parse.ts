import { parseArgs } from 'node:util';
import { nearNames } from '@benchwire/shared/runtime/near-names.ts';
import { UsageError } from '../errors.ts';
import type { Command } from './command.ts';
import { GLOBAL_OPTIONS, type OptionSpec, type OptionSpecs, type Values } from './options.ts';

export type ParsedCommandLine =
  | { kind: 'version' }
  | { kind: 'help'; command: Command | undefined }
  | {
      kind: 'run';
      command: Command;
      globals: Values<typeof GLOBAL_OPTIONS>;
      values: Record<string, unknown>;
      positionals: string[];
    };

/**
 * Reads a command line. Options may stand before and after the command's name; `--` ends them.
 * @throws UsageError that names the near command or option
 */
export function parseCommandLine(argv: readonly string[], commands: readonly Command[]): ParsedCommandLine {
  const everything = Object.assign({}, GLOBAL_OPTIONS, ...commands.map((c) => c.options)) as Record<string, OptionSpec>;
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(everything).map(([name, spec]) => [
        name,
        {
          type: spec.kind === 'flag' ? ('boolean' as const) : ('string' as const),
          ...(spec.short === undefined ? {} : { short: spec.short }),
        },
      ]),
    ),
  });
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  const given = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []));
  const wantsHelp = given.some((token) => token.name === 'help');
  const [name, ...positionals] = words;

  if (name === undefined) {
    if (wantsHelp || argv.length === 0) return { kind: 'help', command: undefined };
    if (given.some((token) => token.name === 'version')) return { kind: 'version' };
    const [first] = given;
    if (first !== undefined && !(first.name in everything))
      throw unknownOption(first.rawName, undefined, GLOBAL_OPTIONS);
    throw new UsageError('no command given: `bw --help` lists them.');
  }
  if (name === 'help')
    return { kind: 'help', command: positionals[0] === undefined ? undefined : find(positionals[0], commands) };
  const command = find(name, commands);
  if (wantsHelp) return { kind: 'help', command };

  const specs: OptionSpecs = { ...GLOBAL_OPTIONS, ...command.options };
  const values: Record<string, unknown> = {};
  for (const [option, spec] of Object.entries(specs)) {
    values[option] = spec.kind === 'flag' ? false : spec.kind === 'list' || spec.kind === 'choices' ? [] : undefined;
  }
  for (const token of given) {
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (spec === undefined) throw unknownOption(token.rawName, command, specs);
    values[token.name] = readValue(token.name, spec, token.value, token.inlineValue === true, values[token.name]);
  }
  checkPositionals(command, positionals);
  return { kind: 'run', command, globals: values as Values<typeof GLOBAL_OPTIONS>, values, positionals };
}

function readValue(
  name: string,
  spec: OptionSpec,
  text: string | undefined,
  inline: boolean,
  before: unknown,
): unknown {
  if (spec.kind === 'flag') {
    if (text !== undefined) throw new UsageError(`--${name} takes no value, but got "${text}".`);
    return true;
  }
  // Nothing behind it, or the next option; a value that really begins so is written --name=--value.
  if (text === undefined || (!inline && text.startsWith('--'))) {
    const what = 'choices' in spec ? spec.choices.join(' or ') : spec.value;
    throw new UsageError(`--${name} needs a value: --${name} ${what}`);
  }
  switch (spec.kind) {
    case 'text':
      return text;
    case 'list':
      return [...(before as string[]), text];
    case 'count': {
      if (!/^[1-9]\d{0,8}$/.test(text))
        throw new UsageError(`--${name} takes a whole number from 1 on, not "${text}".`);
      return Number(text);
    }
    case 'choices': {
      const given = text.split(',').map((each) => each.trim());
      const wrong = given.find((each) => !spec.choices.includes(each));
      if (wrong !== undefined)
        throw new UsageError(`--${name} takes ${spec.choices.join(', ')}, with commas between, not "${wrong}".`);
      return [...new Set([...(before as string[]), ...given])];
    }
    case 'choice': {
      if (!spec.choices.includes(text))
        throw new UsageError(`--${name} is ${spec.choices.join(' or ')}, not "${text}".`);
      return text;
    }
    default:
      return spec satisfies never;
  }
}

function checkPositionals(command: Command, given: readonly string[]): void {
  const required = command.positionals.filter((p) => !p.startsWith('['));
  const usage = `bw ${[command.name, ...command.positionals].join(' ')}`;
  const missing = required[given.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing: ${usage}`);
  const extra = given[command.positionals.length];
  if (extra !== undefined && command.positionals.at(-1)?.endsWith('…') !== true)
    throw new UsageError(`"${extra}" is an unexpected argument: ${usage}`);
}

function find(name: string, commands: readonly Command[]): Command {
  const command = commands.find((c) => c.name === name);
  if (command !== undefined) return command;
  const near = nearNames(
    name,
    commands.map((c) => c.name),
  );
  const hint = near.length > 0 ? `did you mean \`bw ${near[0]}\`?` : '`bw --help` lists all commands.';
  throw new UsageError(`there is no command "${name}": ${hint}`);
}

function unknownOption(rawName: string, command: Command | undefined, specs: OptionSpecs): UsageError {
  const [near] = nearNames(rawName.replace(/^-+/, ''), Object.keys(specs));
  const help = command === undefined ? '`bw --help`' : `\`bw ${command.name} --help\``;
  const where = command === undefined ? 'bw' : `bw ${command.name}`;
  const hint = near === undefined ? `${help} lists all options.` : `did you mean --${near}?`;
  return new UsageError(`${where} has no option ${rawName}: ${hint}`);
}
