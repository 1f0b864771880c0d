import { ClientError, issueLine } from '@benchwire/shared/client/errors.ts';
import { BenchwireError, isServerError } from '@benchwire/shared/runtime/errors.ts';
import { commandHelp, overview } from './arguments/help.ts';
import { parseCommandLine } from './arguments/parse.ts';
import { COMMANDS } from './commands/all.ts';
import type { CliContext } from './context.ts';
import { EXIT, exitCodeOf, hintOf, InvalidRequestError, serverErrorText, UsageError } from './errors.ts';
import { createStyle, wantsColor } from './terminal/style.ts';

/** What main.ts knows before the command line was read. */
export type Surroundings = Omit<CliContext, 'style' | 'errStyle' | 'json' | 'nats_url'> & { version: string };

/** Runs one command line and resolves to the exit code. Writes, but never exits. */
export async function runCli(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { environment, out, err } = surroundings;
  const colors = (isTerminal: boolean, no: boolean) => createStyle(wantsColor(environment, isTerminal, no));
  // Errors of the command line itself come before it is known whether it asks for no colours.
  const noColor = argv.includes('--no-color');
  const errStyle = colors(err.isTerminal, noColor);
  try {
    const parsed = parseCommandLine(argv, COMMANDS);
    const style = colors(out.isTerminal, noColor);
    switch (parsed.kind) {
      case 'version':
        out.line(`bw ${surroundings.version} (Node ${process.versions.node})`);
        return EXIT.ok;
      case 'help':
        out.line(parsed.command === undefined ? overview(COMMANDS, style) : commandHelp(parsed.command, style));
        return EXIT.ok;
      case 'run': {
        const { json, 'nats-url': nats_url } = parsed.globals;
        return await parsed.command.run(
          { ...surroundings, style, errStyle, json, nats_url },
          parsed.values,
          parsed.positionals,
        );
      }
      default:
        return parsed satisfies never;
    }
  } catch (error) {
    if (!(error instanceof BenchwireError)) {
      if (!isServerError(error)) throw error;
      err.line(`${errStyle.red('bw:')} ${serverErrorText(error)}`);
      return EXIT.unreachable;
    }
    const told =
      error instanceof ClientError ? `${error.summary}${error.issues.length === 0 ? '' : ':'}` : error.message;
    err.line(`${errStyle.red('bw:')} ${told}`);
    if (error instanceof InvalidRequestError) err.lines(error.lines.map((line) => `  ${line}`));
    if (error instanceof ClientError) err.lines(error.issues.map((issue) => `  ${issueLine(issue)}`));
    const hint = hintOf(error);
    if (hint !== undefined) err.line(`  ${hint}`);
    if (error instanceof UsageError && argv.length > 0) return EXIT.usage;
    return exitCodeOf(error);
  }
}
