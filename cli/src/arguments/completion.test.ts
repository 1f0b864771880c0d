import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../commands/all.ts';
import { completionScript, SHELLS } from './completion.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-completion-'));
const script = join(folder, 'bw.bash');
writeFileSync(script, completionScript('bash', COMMANDS));
writeFileSync(join(folder, 'request.yaml'), '');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash itself offers behind these words, the last of which is being typed. */
function offered(...words: string[]): string[] {
  const typed = ['bw', ...words];
  const asked = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bw; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const printed = execFileSync('bash', ['--norc', '-c', asked, script, ...typed], { cwd: folder, encoding: 'utf8' });
  return printed.split('\n').filter((line) => line !== '');
}

describe('completion in bash', () => {
  it('offers every command', () =>
    expect(offered('')).toEqual(expect.arrayContaining(COMMANDS.map(({ name }) => name))));

  it.each([
    [['ru'], ['run', 'runs', 'runner']],
    [['--n'], ['--nats-url', '--no-color']],
    [['help', 'lo'], ['logs']],
    [
      ['runs', '--st'],
      ['--state', '--status'],
    ],
    [
      ['runs', '--state', 'ca'],
      ['cancelling', 'cancelled'],
    ],
    [['--json', 'runs', '--bra'], ['--branch']],
    [['logs', 'last', '--fol'], ['--follow']],
    [['workers', 'dr'], ['drain']],
    [['completion', ''], expect.arrayContaining([...SHELLS])],
    [['run', 'req'], ['request.yaml']],
    [['run', '--fail'], ['--fail-on']],
    // What follows is a text of the user's own.
    [['runs', '--branch', ''], []],
    [['nonsense', ''], []],
  ])('behind %j it offers %j', (words, expected) => expect(offered(...words)).toEqual(expected));
});

it('has every command and option in each shell', () => {
  for (const shell of SHELLS) {
    const text = completionScript(shell, COMMANDS);
    for (const { name, options } of COMMANDS) {
      expect(text).toContain(name);
      for (const option of Object.keys(options))
        expect(text).toContain(shell === 'fish' ? `-l ${option}` : `--${option}`);
    }
  }
});
