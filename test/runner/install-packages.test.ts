import { expect, it } from 'vitest';
import { commandFor, type Installer, installPackages } from './install-packages.ts';
import type { Need } from './needs.ts';

const need = (name: string, apt: string[], brew?: string[]): Need => ({
  name,
  missing: () => 'not installed',
  packages: { apt, ...(brew === undefined ? {} : { brew }) },
  suites: [],
});
const java = need('Java', ['jre-17|jre'], ['openjdk']);
const kafka = need('Kafka', ['maven', 'jre-17|jre']);

it.each<[string, Installer | undefined, string | undefined]>([
  ['root', { manager: 'apt', root: [] }, 'apt-get update && apt-get install --no-install-recommends jre-17 maven'],
  [
    'somebody else',
    { manager: 'apt', root: undefined },
    'sudo apt-get update && sudo apt-get install --no-install-recommends jre-17 maven',
  ],
  ['Homebrew', { manager: 'brew', root: [] }, 'brew install openjdk'],
  ['a system without a known package manager', undefined, undefined],
])('the command for %s', (_, installer, command) => {
  expect(commandFor([java, kafka], installer)).toBe(command);
});

it('has no command where no package has it', () => {
  expect(commandFor([need('X', [])], { manager: 'apt', root: [] })).toBeUndefined();
});

it('says at once that it can not install without root', async () => {
  const problems = await installPackages([java], { manager: 'apt', root: undefined }, () => {});
  expect(problems).toEqual(['only root can install packages, and sudo wants a password']);
});
