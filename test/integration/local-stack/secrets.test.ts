import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connectClient } from '@benchwire/shared/client/client.ts';
import { findStack } from '@benchwire/shared/client/find-stack.ts';
import type { RequestInput } from '@benchwire/shared/client/submit.ts';
import { outcome as outcomeContract } from '@benchwire/shared/contracts/outcome.ts';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { noExternalServers } from './support.ts';

/** A program that a task starts looks for what opens the stack, wherever it can: in what runs, and in the stack's files. */

const MAIN = resolve(import.meta.dirname, '../../../deploy/local/main.ts');
const SEARCH = `
import hashlib, json, os, re, sys
data, wanted = sys.argv[1], set(sys.argv[2].split(","))
found, files = [], []
def look(path):
    try: text = open(path, errors="replace").read(1 << 22)
    except OSError: return
    if path.startswith(data): files.append(path)
    for word in set(re.findall("[A-Za-z0-9_-]{12,}", text)):
        if hashlib.sha256(word.encode()).hexdigest() in wanted: found.append(path)
for entry in os.listdir("/proc"):
    if not entry.isdigit() or int(entry) == os.getpid(): continue
    for name in ("environ", "cmdline", f"root{data}/credentials.json"): look(f"/proc/{entry}/{name}")
os.system(f"umount {data} 2>/dev/null")
for top, _, names in os.walk(data):
    for name in names: look(os.path.join(top, name))
for name in os.environ: look(os.environ[name])
print("RESULT", json.dumps({"found": found, "files": files, "variables": sorted(os.environ), "uid": os.getuid()}))
`;

const users: Array<[string, number | undefined]> = [
  ['the user of the tests', undefined],
  ...(process.getuid?.() === 0 ? [['an ordinary user', 65_534] as [string, number]] : []),
];

describe.runIf(process.platform === 'linux').each(users)('a task’s program in the local stack of %s', (_name, uid) => {
  test('finds no password and no key', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'benchwire-secrets-'));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    if (uid !== undefined) chownSync(dataDir, uid, uid);
    const stack = start(dataDir, uid);
    onTestFinished(async () => {
      if (stack.exitCode !== null || stack.signalCode !== null) return;
      stack.kill('SIGTERM');
      await once(stack, 'exit');
    });
    await vi.waitFor(() => expect(existsSync(join(dataDir, 'stack.json'))).toBe(true), { timeout: 90_000 });
    const environment = { BENCHWIRE_DATA_DIR: dataDir };
    const client = await connectClient(findStack({ environment, working_directory: dataDir }).options, 'test');
    onTestFinished(() => client.close());
    const secrets = secretsIn(['credentials.json', 'stack.json'].map((name) => join(dataDir, name)));
    expect(secrets.length).toBeGreaterThan(3);

    const outcomes = client.nats.subscribe('bw.outcome.>', { max: 1 });
    await client.nats.flush();
    const search: RequestInput = {
      task_id: 'search',
      type: 'test',
      executor: 'command',
      timeout_seconds: 60,
      // Their hashes, since what is looked for would else stand on the program's own command line.
      config: { command: [PYTHON, '-c', SEARCH, dataDir, secrets.map(sha256).join(',')] },
    };
    // The file is there before the last of the services.
    await vi.waitFor(() => client.submit(search, { request_id: 'search' }), { timeout: 60_000, interval: 500 });
    for await (const message of outcomes) {
      const outcome = outcomeContract.parse(message.json());
      expect(outcome).toMatchObject({ status: 'completed' });
      const [, line] = /RESULT (.*)/.exec(Buffer.from(outcome.logs ?? '', 'base64').toString()) ?? [];
      const { rows } = await client.query('workers', {});
      const notes = rows.flatMap((row) => row.capabilities?.command_notes ?? ['not told']);
      const result = JSON.parse(line ?? '{}');
      expect(result.uid).toBe(uid ?? process.getuid?.());
      expect(result.variables).not.toContain('BENCHWIRE_OWNER');
      // Where the machine does not let programs be kept apart, the worker says so.
      if (notes.length === 0) expect(result).toMatchObject({ found: [], files: [] });
      else expect(notes.join()).toContain('user namespaces');
    }
  });
});

const PYTHON = '/usr/bin/python3';

function start(dataDir: string, uid: number | undefined): ChildProcess {
  const { PATH, LANG } = process.env;
  const env = {
    PATH,
    LANG,
    HOME: dataDir,
    ...noExternalServers,
    WORKER_COMMANDS: PYTHON,
    BENCHWIRE_API_KEY: undefined,
  };
  const command = [process.execPath, MAIN, '--data-dir', dataDir];
  const asUser = uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];
  const [file = '', ...args] = [...asUser, ...command];
  return spawn(file, args, { env, stdio: 'ignore' });
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Every long text under a name that speaks of a secret, and the passwords in addresses. */
function secretsIn(files: readonly string[]): string[] {
  const secrets = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      if (/^[A-Za-z0-9_-]{16,}$/.test(value)) secrets.add(value);
      const password = /:\/\/[^:@/]*:([^@/]{8,})@/.exec(value)?.[1];
      if (password !== undefined) secrets.add(password);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  for (const file of files) if (existsSync(file)) visit(JSON.parse(readFileSync(file, 'utf8')));
  return [...secrets];
}
