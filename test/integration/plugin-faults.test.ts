import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLUGIN_KINDS, type PluginKind } from '@benchwire/shared/contracts/plugin-kinds.ts';
import { loadPlugins } from '@benchwire/shared/plugins/load-plugins.ts';
import type { PluginFault } from '@benchwire/shared/plugins/plugin-error.ts';
import { PluginHost } from '@benchwire/shared/plugins/plugin-host.ts';
import { afterAll, describe, expect, it } from 'vitest';

/** Every way to go wrong, with a plug-in of every kind: each is stopped and named, and the next call goes well. */
const folder = mkdtempSync(join(tmpdir(), 'bw-plugin-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ANY = '{ safeParse: (data) => ({ success: true, data }) }';
/** The function of each kind, what else its manifest has, and what it is called with. */
const KINDS: Readonly<Record<PluginKind, { method: string; more: string; input: (fault: string) => object }>> = {
  executor: {
    method: 'execute',
    more: `task: ${ANY},`,
    input: (fault) => ({ task: { config: { fault } } }),
  },
  placement_strategy: {
    method: 'score',
    more: '',
    input: (fault) => ({ work: [{ config: { fault } }], pools: [], expected_ms: {} }),
  },
  connector: {
    method: 'deliver',
    more: `receiver: ${ANY},`,
    input: (fault) => ({ settings: { fault }, message: {}, secrets: {} }),
  },
  sink: { method: 'write', more: "streams: ['outcomes'],", input: (fault) => ({ records: [{ value: { fault } }] }) },
  import_format: { method: 'read', more: '', input: (fault) => ({ file: 'a', text: fault }) },
  report: { method: 'render', more: "file_ending: 'md',", input: (fault) => ({ report: { fault } }) },
};

/** What a call does, what is said of it, and how it is classed. */
const CALLS: readonly [name: string, code: string, message: RegExp, fault: PluginFault][] = [
  ['throws', "throw new Error('no disk left');", /no disk left/, 'throws'],
  ['computes', 'for (;;);', /did not answer within 2 s, and was stopped/, 'hangs'],
  ['exits', 'process.exit(7);', /ended with 7 without an answer/, 'exits'],
  [
    'leaks',
    'for (;;) { kept.push(Buffer.alloc(2e7, 1)); await new Promise((go) => setTimeout(go, 5)); }',
    /used more than 64 MB/,
    'memory',
  ],
  [
    'garbage-in-the-pipe',
    "(await import('node:fs')).writeSync(3, 'garbage\\n'); await never;",
    /does not speak the protocol.*garbage/,
    'protocol',
  ],
];
/** What is only printed does no harm. */
const PRINTS = "console.log('garbage'); console.log(JSON.stringify({ type: 'done', id: '1', value: 'forged' }));";

function plugin(name: string, kind: PluginKind, body: string, before = ''): string {
  const { method, more } = KINDS[kind];
  const path = join(folder, `${name}.mjs`);
  writeFileSync(
    path,
    `${before}
const kept = [];
const never = new Promise(() => setInterval(() => {}, 1e6));
export default {
  api_version: 1, kind: '${kind}', name: '${name}', title: 'for tests', ${more}
  configuration: ${ANY},
  async ${method}(input) { const said = JSON.stringify(input); ${body} },
};`,
  );
  return path;
}

function file(name: string, entries: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ plugins: entries }));
  return path;
}

describe.each(PLUGIN_KINDS)('a plug-in of kind %s', (kind) => {
  const { method, input } = KINDS[kind];

  it.concurrent('that goes wrong in a call is stopped and named, and the next call goes well', {
    timeout: 180_000,
  }, async () => {
    const name = `wrong-${kind.replace('_', '-')}`;
    const cases = CALLS.map(([fault, code]) => `if (said.includes('fault-${fault}')) { ${code} }`);
    const module = plugin(name, kind, `${cases.join('\n')}\n${PRINTS}\nreturn 'well';`);
    const { plugins, problems } = await loadPlugins(file(`${name}.json`, [{ module, seconds: 60, memory_mb: 64 }]));
    expect(problems).toEqual([]);
    const [loaded] = plugins;
    if (loaded === undefined) throw new Error('not loaded');
    const faults: string[] = [];
    const printed: string[] = [];
    const host = new PluginHost(loaded, {
      onFault: (error) => faults.push(error.fault),
      onPrint: (line) => printed.push(line),
    });
    try {
      for (const [each, , message, fault] of CALLS) {
        if (fault === 'memory' && process.platform !== 'linux') continue;
        // A process is there before the clock runs, so that a slow start is no hang.
        expect(await host.call(method, input('none'))).toBe('well');
        const seconds = fault === 'hangs' ? 2 : 60;
        const failed = host.call(method, input(`fault-${each}`), { seconds });
        await expect(failed, each).rejects.toMatchObject({ fault, message: expect.stringMatching(message) });
        await expect(failed).rejects.toThrow(module);
      }
      expect(await host.call(method, input('none'))).toBe('well');
      expect(printed).toContain('garbage');
      expect(faults).toEqual(
        CALLS.map(([, , , fault]) => fault).filter((fault) => fault !== 'memory' || process.platform === 'linux'),
      );
    } finally {
      await host.stop();
    }
  });

  it.concurrent('that is wrong itself is named when it is loaded, and the others are used', {
    timeout: 180_000,
  }, async () => {
    const prefix = kind.replace('_', '-');
    const good = plugin(`good-${prefix}`, kind, "return 'well';");
    const wrong: [module: string, message: RegExp][] = [
      [plugin(`${prefix}-throws`, kind, '', "throw new Error('no library');"), /no library/],
      [plugin(`${prefix}-exits`, kind, '', 'process.exit(3);'), /ended with 3/],
      [plugin(`${prefix}-version`, kind, ''), /api_version is 2: this Benchwire takes 1/],
      [plugin(`${prefix}-schema`, kind, ''), /config\.size: too small; config\.name: missing/],
      [plugin(`${prefix}-method`, kind, ''), new RegExp(`${method} is missing`)],
    ];
    const rewrite = (index: number, change: (text: string) => string): void => {
      const path = wrong[index]?.[0] ?? '';
      writeFileSync(path, change(readFileSync(path, 'utf8')));
    };
    rewrite(2, (text) => text.replace('api_version: 1', 'api_version: 2'));
    rewrite(3, (text) =>
      text.replace(
        `configuration: ${ANY}`,
        "configuration: { safeParse: () => ({ success: false, error: { issues: [{ path: ['size'], message: 'too small' }, { path: ['name'], message: 'missing' }] } }) }",
      ),
    );
    rewrite(4, (text) => text.replace(`async ${method}(`, 'async other('));
    const entries = [...wrong.map(([module]) => module), good, good].map((module) => ({ module, seconds: 60 }));
    const { plugins, problems } = await loadPlugins(file(`wrong-${prefix}.json`, entries));
    expect(problems.map(({ message }) => message)).toEqual([
      ...wrong.map(([, message]) => expect.stringMatching(message)),
      expect.stringMatching(/its name good-\S+ is taken by/),
    ]);
    for (const [index, [module]] of wrong.entries()) expect(problems[index]?.message).toContain(module);
    expect(plugins.map(({ name }) => name)).toEqual([`good-${prefix}`]);
  });
});
