import { describe, expect, test } from 'vitest';
import { aptInstallScript } from './apt.ts';
import { type Found, findServer, isNewEnough, natsServer, redisServer, versionIn } from './find-server.ts';
import { type Machine, provideServers, type Tools } from './install-server.ts';
import type { RunCommand } from './run-command.ts';

/** A machine on which `works` tells what succeeds; servers appear when `installs` succeeds. */
function machineWith({ works, installs, machine }: { works: RegExp; installs?: RegExp; machine?: Partial<Machine> }) {
  const commands: string[] = [];
  const said: string[] = [];
  let installed = false;
  const run: RunCommand = async (command, args) => {
    const text = [command, ...args].join(' ');
    commands.push(text.replace(aptInstallScript, 'SCRIPT'));
    if (installs?.test(text)) installed = true;
    return { code: works.test(text) || installs?.test(text) ? 0 : 1, stdout: '28.0\n' };
  };
  const find = async ({ name }: { name: string }): Promise<Found> =>
    installed
      ? { ok: true, program: { from: 'binary', path: `/usr/bin/${name}`, version: '9.9' } }
      : { ok: false, reason: `${name} is not installed` };
  const tools: Tools = {
    run,
    find,
    say: (text) => said.push(text),
    machine: { platform: 'linux', isRoot: false, hasTerminal: false, ...machine },
  };
  return { tools, commands, said };
}

const both = [natsServer, redisServer];

describe('provideServers', () => {
  test('installs both with one apt-get as root, and says so', async () => {
    const { tools, commands, said } = machineWith({
      works: /apt-get --version/,
      installs: /sh -c/,
      machine: { isRoot: true },
    });
    expect((await provideServers(both, tools)).map(({ from }) => from)).toEqual(['binary', 'binary']);
    expect(commands).toEqual(['apt-get --version', 'sh -c SCRIPT benchwire nats-server redis-server']);
    expect(said).toContain('installing with apt: apt-get install nats-server redis-server');
  });

  test('uses sudo that asks for nothing', async () => {
    const { tools, commands } = machineWith({ works: /apt-get --version|sudo -n true/, installs: /sudo -n sh/ });
    await provideServers([redisServer], tools);
    expect(commands.at(-1)).toBe('sudo -n sh -c SCRIPT benchwire redis-server');
  });

  test('uses sudo that asks only where somebody can answer', async () => {
    const works = /apt-get --version|sudo --version/;
    const there = machineWith({ works, installs: /sudo sh/, machine: { hasTerminal: true } });
    await provideServers([redisServer], there.tools);
    expect(there.said).toContainEqual(expect.stringContaining('may ask for your password'));

    const nobody = machineWith({ works, installs: /sudo sh/ });
    await expect(provideServers([redisServer], nobody.tools)).rejects.toThrow('sudo apt-get install redis-server');
    expect(nobody.commands).not.toContain('sudo sh');
  });

  test('uses Homebrew on macOS', async () => {
    const { tools, commands } = machineWith({
      works: /brew --version/,
      installs: /brew install/,
      machine: { platform: 'darwin' },
    });
    await provideServers(both, tools);
    expect(commands).toEqual(['brew --version', 'brew install --quiet nats-server redis']);
  });

  test('falls back to a container when nothing can be installed', async () => {
    const { tools } = machineWith({ works: /docker info/ });
    expect(await provideServers([natsServer], tools)).toEqual([
      { from: 'docker', image: natsServer.image, version: expect.any(String) },
    ]);
  });

  test('stops with the command to run when there is no way', async () => {
    const { tools } = machineWith({ works: /nothing/ });
    await expect(provideServers([natsServer], tools)).rejects.toThrow(
      /nats-server is not installed.*sudo apt-get update && sudo apt-get install nats-server.*NATS_URL/,
    );
  });
});

test.each([
  ['nats-server: v2.9.10', '2.9.10'],
  ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0', '7.0.15'],
  ['Valkey server v=8.1.1 sha=00000000:0', '8.1.1'],
  ['what?', undefined],
])('reads the version out of %s', (text, version) => expect(versionIn(text)).toBe(version));

test.each([
  ['2.9.10', true],
  ['2.8.4', false],
  ['2.10.1', true],
  ['3.0', true],
  ['1.99', false],
])('%s is new enough for 2.9: %s', (version, expected) => expect(isNewEnough(version, [2, 9])).toBe(expected));

test('an installed server that is too old is named', async () => {
  const found = await findServer({ ...natsServer, oldest: [99, 0], binaries: ['sh'] }, async () => ({
    code: 0,
    stdout: 'v1.0',
  }));
  expect(found).toMatchObject({
    ok: false,
    reason: expect.stringContaining('is version 1.0, and 99.0 or newer is needed'),
  });
});
