import type { Command } from './command.ts';
import { GLOBAL_OPTIONS, type OptionSpec, type OptionSpecs } from './options.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that completes `bw` in a shell: commands, options, the values of choices, and files. Made from the table of commands. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return zsh(commands);
    case 'fish':
      return fish(commands);
    default:
      return shell satisfies never;
  }
}

const optionsOf = (command: Command): OptionSpecs => ({ ...command.options, ...GLOBAL_OPTIONS });
const choicesOf = (spec: OptionSpec): readonly string[] => ('choices' in spec ? spec.choices : []);
const takesValue = (spec: OptionSpec): boolean => spec.kind !== 'flag';

/** Options as they are typed, long and short. */
function written(specs: OptionSpecs, keep: (spec: OptionSpec) => boolean = () => true): string[] {
  return Object.entries(specs)
    .filter(([, spec]) => keep(spec))
    .flatMap(([name, { short }]) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]);
}

/** Values of the positionals that are one of a few words, such as `bash|zsh|fish`; those in capitals stand for something else. */
function wordsOf({ positionals }: Command): string[] {
  return positionals
    .flatMap((positional) => positional.replace(/[[\]]/g, '').split('|'))
    .filter((word) => /^[a-z]+$/.test(word));
}

const takesFile = ({ positionals }: Command): boolean => positionals.some((positional) => positional.includes('FILE'));

function bash(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name);
  const cases = commands.map((command) => {
    const specs = optionsOf(command);
    const values = Object.entries(specs).flatMap(([name, spec]) =>
      choicesOf(spec).length === 0 ? [] : [`        --${name}) words='${choicesOf(spec).join(' ')}' ;;`],
    );
    const free = written(specs, (spec) => takesValue(spec) && choicesOf(spec).length === 0);
    return [
      `    ${command.name})`,
      '      case "$previous" in',
      ...values,
      ...(free.length === 0 ? [] : [`        ${free.join('|')}) return ;;`]),
      `        *) words='${[...wordsOf(command), ...written(specs)].join(' ')}'; ${takesFile(command) ? 'files=1' : ':'} ;;`,
      '      esac ;;',
    ].join('\n');
  });
  return `# bw in bash. For one shell: source <(bw completion bash); for all: put this into ~/.local/share/bash-completion/completions/bw
_bw() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words='' files='' command='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) command="$word"; break ;; esac
  done
  COMPREPLY=()
  case "$command" in
    '') words='help ${[...names, ...written(GLOBAL_OPTIONS), '--version'].join(' ')}' ;;
    help) words='${names.join(' ')}' ;;
${cases.join('\n')}
  esac
  # Files only where no option was begun.
  if [ -n "$files" ] && [ "\${current#-}" = "$current" ]; then COMPREPLY=($(compgen -f -- "$current")); compopt -o filenames 2>/dev/null; return; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _bw bw
`;
}

/** A text within single quotes. */
const quoted = (text: string): string => text.replaceAll("'", "'\\''");
/** What _arguments takes for an option's help: brackets and colons would end it. */
const zshHelp = (text: string): string => quoted(text.replace(/[[\]\\:]/g, (sign) => `\\${sign}`));

function zsh(commands: readonly Command[]): string {
  const described = commands.map(({ name, summary }) => `    '${name}:${quoted(summary.replaceAll(':', '\\:'))}'`);
  const cases = commands.map((command) => {
    const options = Object.entries(optionsOf(command)).map(([name, spec]) => {
      const values = choicesOf(spec);
      const value = takesValue(spec) ? `:${name}:${values.length === 0 ? ' ' : `(${values.join(' ')})`}` : '';
      return `'*--${name}[${zshHelp(spec.help)}]${value}'`;
    });
    const rest = takesFile(command)
      ? '_files'
      : wordsOf(command).length === 0
        ? ' '
        : `(${wordsOf(command).join(' ')})`;
    return `    ${command.name}) _arguments ${[...options, `'*:argument:${rest}'`].join(' ')} ;;`;
  });
  return `#compdef bw
# bw in zsh. For one shell: source <(bw completion zsh); for all: put this as _bw into a folder of $fpath
_bw() {
  local -a commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe 'command' commands; return; fi
  local command="$words[2]"
  shift words; (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = "_bw" ]; then _bw "$@"; else compdef _bw bw; fi
`;
}

function fish(commands: readonly Command[]): string {
  const line = (condition: string, rest: string): string => `complete -c bw -n '${condition}' ${rest}`;
  const first = commands.map(({ name, summary }) =>
    line('__fish_use_subcommand', `-f -a ${name} -d '${quoted(summary)}'`),
  );
  const options = commands.flatMap((command) => {
    const seen = `__fish_seen_subcommand_from ${command.name}`;
    const own = Object.entries(optionsOf(command)).map(([name, spec]) => {
      const short = spec.short === undefined ? '' : ` -s ${spec.short}`;
      const values = choicesOf(spec);
      const value = takesValue(spec) ? ` -x${values.length === 0 ? '' : ` -a '${values.join(' ')}'`}` : '';
      return line(seen, `-l ${name}${short}${value} -d '${quoted(spec.help)}'`);
    });
    const words = wordsOf(command);
    const rest = takesFile(command) ? [] : [line(seen, `-f${words.length === 0 ? '' : ` -a '${words.join(' ')}'`}`)];
    return [...rest, ...own];
  });
  return `# bw in fish. For all shells: bw completion fish > ~/.config/fish/completions/bw.fish\n${[...first, ...options].join('\n')}\n`;
}
