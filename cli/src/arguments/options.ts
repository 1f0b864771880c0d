/** What an option takes. `value` is the placeholder that the help shows. */
export type OptionSpec = { help: string; short?: string } & (
  | { kind: 'flag' }
  | { kind: 'text'; value: string }
  | { kind: 'list'; value: string }
  | { kind: 'count'; value: string }
  | { kind: 'choice'; choices: readonly string[] }
  /** Several of them with commas, or given again. */
  | { kind: 'choices'; choices: readonly string[] }
);

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<S extends OptionSpec> = S extends { kind: 'flag' }
  ? boolean
  : S extends { kind: 'list' }
    ? string[]
    : S extends { kind: 'choices'; choices: readonly (infer C)[] }
      ? C[]
      : S extends { kind: 'count' }
        ? number | undefined
        : S extends { choices: readonly (infer C)[] }
          ? C | undefined
          : string | undefined;

/** The parsed values of a command's own options. */
export type Values<S extends OptionSpecs> = { [K in keyof S]: ValueOf<S[K]> };

/** Options that every command takes. */
export const GLOBAL_OPTIONS = {
  'nats-url': { kind: 'text', value: 'URL', help: 'NATS server of the stack, instead of the one found by itself' },
  json: { kind: 'flag', help: 'JSON on stdout, for programs' },
  'no-color': { kind: 'flag', help: 'no colours (also: NO_COLOR=1)' },
  help: { kind: 'flag', short: 'h', help: 'this help' },
} as const satisfies OptionSpecs;

/** How an option is written in the help: `--limit N`. */
export function optionUsage(name: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  switch (spec.kind) {
    case 'flag':
      return `${short}--${name}`;
    case 'choices':
      return `${short}--${name} ${spec.choices.join('|')}[,…]`;
    case 'choice':
      return `${short}--${name} ${spec.choices.join('|')}`;
    default:
      return `${short}--${name} ${spec.value}`;
  }
}
