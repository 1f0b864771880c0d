import type { CliContext } from '../context.ts';
import type { OptionSpecs, Values } from './options.ts';

/** One command of `bw`: what it takes, and what it does. */
export interface CommandDefinition<S extends OptionSpecs> {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** Names of the positional arguments, `[optional]` ones in brackets; the last one may be `NAME…`, for one or several. */
  positionals: readonly string[];
  options: S;
  /** More than one line where a newcomer needs it: what it does, examples. */
  details?: string;
  /** Resolves to the exit code. */
  run(context: CliContext, values: Values<S>, positionals: readonly string[]): Promise<number>;
}

/** A command whose options were checked against its definition by the parser. */
export type Command = Omit<CommandDefinition<OptionSpecs>, 'run'> & {
  run(context: CliContext, values: Record<string, unknown>, positionals: readonly string[]): Promise<number>;
};

/** Ties a command's option types to its `run`; the parser guarantees that the values are what the specs say. */
export function defineCommand<const S extends OptionSpecs>(definition: CommandDefinition<S>): Command {
  return { ...definition, run: (context, values, rest) => definition.run(context, values as Values<S>, rest) };
}
