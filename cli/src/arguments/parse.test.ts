import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../commands/all.ts';
import { UsageError } from '../errors.ts';
import { parseCommandLine } from './parse.ts';

const parse = (text: string) => parseCommandLine(text === '' ? [] : text.split(' '), COMMANDS);

describe('parseCommandLine', () => {
  it('takes options before and after the command and its arguments', () => {
    const parsed = parse('--json run a.yaml --tag a=b --fail-on=regression --tag c=d');
    expect(parsed).toMatchObject({
      kind: 'run',
      command: { name: 'run' },
      positionals: ['a.yaml'],
      globals: { json: true },
      values: { tag: ['a=b', 'c=d'], 'fail-on': ['regression'], detach: false, name: undefined },
    });
  });

  it('takes - as a file, and everything after -- as an argument', () => {
    expect(parse('run -')).toMatchObject({ positionals: ['-'] });
    expect(parse('run -- --strange.yaml')).toMatchObject({ positionals: ['--strange.yaml'] });
  });

  it('shows help for nothing, for --help, and for one command', () => {
    expect(parse('')).toEqual({ kind: 'help', command: undefined });
    expect(parse('-h')).toEqual({ kind: 'help', command: undefined });
    expect(parse('run --help')).toMatchObject({ kind: 'help', command: { name: 'run' } });
    expect(parse('help sql')).toMatchObject({ kind: 'help', command: { name: 'sql' } });
    expect(parse('--version')).toEqual({ kind: 'version' });
  });

  it.each([
    ['rnu x', /no command "rnu": did you mean `bw run`/],
    ['xyzzy', /`bw --help` lists all commands/],
    ['runs --limt 3', /bw runs has no option --limt: did you mean --limit/],
    ['runs --fail-on regression', /bw runs has no option --fail-on/],
    ['--jsno', /no option --jsno: did you mean --json/],
    ['runs --limit 0', /whole number from 1 on, not "0"/],
    ['runs --limit', /--limit needs a value: --limit N/],
    ['run x --name --json', /--name needs a value/],
    ['run x --fail-on slow', /--fail-on takes regression, change, .* not "slow"/],
    ['runs --json=yes', /--json takes no value/],
    ['validate', /FILE\|- is missing: bw validate FILE\|-/],
    ['show a b', /"b" is an unexpected argument: bw show RUN/],
    ['--json', /no command given/],
    ['run x --__proto__', /no option/],
  ])('refuses "%s"', (text, message) => {
    expect(() => parse(text)).toThrow(UsageError);
    expect(() => parse(text)).toThrow(message);
  });

  it('every command has a help line, and options of the same name are of the same kind', () => {
    const kinds = new Map<string, string>();
    for (const command of COMMANDS) {
      expect(command.summary).not.toBe('');
      for (const [name, spec] of Object.entries(command.options)) {
        // One parser reads them all before it is known no command given it is.
        const isFlag = spec.kind === 'flag' ? 'flag' : 'value';
        expect(kinds.get(name) ?? isFlag, name).toBe(isFlag);
        kinds.set(name, isFlag);
      }
    }
  });
});
