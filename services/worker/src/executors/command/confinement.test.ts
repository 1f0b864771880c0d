import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConfinedEnd, ConfinedRun } from '../../../test-support/run-confined.ts';
import { findProgram } from './allowlist.ts';
import { TOOL_PATH } from './confinement.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('../../../test-support/run-confined.ts', import.meta.url));
// The system's own, which every user may start.
const python = await findProgram('python3', TOOL_PATH);
const setpriv = await findProgram('setpriv', TOOL_PATH);
const is_root = process.getuid?.() === 0;
const ORDINARY = 65_534;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'confinement-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program as the executor does. @param uid - as another user, where root runs the tests */
async function confined(options: ConfinedRun, uid?: number): Promise<ConfinedEnd> {
  const command = [process.execPath, SCRIPT, JSON.stringify(options)];
  const asUser = uid === undefined ? [] : [setpriv ?? '', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];
  const [file = '', ...args] = [...asUser, ...command];
  const { stdout } = await run(file, args, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as ConfinedEnd;
}

/** Processes whose command line or name has a word; each test has words of its own. */
function processesWith(word: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return !/\) [ZX] /.test(stat) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word);
      } catch {
        return false;
      }
    });
}

const sleeper = (word: string): string => JSON.stringify(`import time; "${word}"; time.sleep(600)`);
/** Leaves in every way: forks twice, a session of its own, deaf to signals, another name, no descriptors, no environment, no folder. */
const leave = (word: string): string => `
import ctypes, os, signal, sys
def leave():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for each in range(1, 32):
                try: signal.signal(each, signal.SIG_IGN)
                except (OSError, ValueError): pass
            ctypes.CDLL(None).prctl(15, b"kworker/0:1", 0, 0, 0)
            os.closerange(0, 1024)
            os.chdir("/")
            os.execve(sys.executable, ["[kthreadd]", "-c", ${sleeper(word)}], {})
        os._exit(0)
    os.wait()
for _ in range(3): leave()
`;
const until_there = (word: string): string => `
import os, time
def count():
    found = 0
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try: found += open(f"/proc/{entry}/cmdline").read().startswith("[kthreadd]") and ${JSON.stringify(word)} in open(f"/proc/{entry}/cmdline").read()
            except OSError: pass
    return found
while count() < 3: time.sleep(0.01)
`;

const users: Array<[string, number | undefined]> = [
  ['the user of the tests', undefined],
  ...(is_root && setpriv !== undefined ? [['an ordinary user', ORDINARY] as [string, number]] : []),
];

describe.runIf(process.platform === 'linux' && python !== undefined).each(users)('a program of %s', (_name, uid) => {
  const word = (name: string): string => `${name}-${process.pid}-${uid ?? 'own'}`;

  it('takes everything with it when it ends, and nothing else', async () => {
    const mark = word('left');
    const bystander = spawn(python ?? '', ['-c', `import time; "bystander ${mark}"; time.sleep(600)`], {
      stdio: 'ignore',
    });
    try {
      const code = leave(mark) + until_there(mark);
      const end = await confined({ command: [python ?? '', '-c', code] }, uid);
      expect(end).toMatchObject({ code: 0, signal: null, left_over: true, ends_all: true });
      expect(processesWith(mark)).toEqual([bystander.pid]);
    } finally {
      bystander.kill('SIGKILL');
    }
  });

  it('takes everything with it when it is stopped', async () => {
    const mark = word('stopped');
    const code = `import signal\nsignal.signal(15, signal.SIG_IGN)\n${leave(mark)}${until_there(mark)}print("there", flush=True)\ntime.sleep(600)`;
    await confined({ command: [python ?? '', '-c', code], stop_on_output: true }, uid);
    expect(processesWith(mark)).toEqual([]);
  });

  it('takes everything with it when it forks faster than it is killed', async () => {
    const mark = word('bomb');
    const code = `
import os, signal, time
"${mark}"
signal.signal(15, signal.SIG_IGN)
for _ in range(8): os.fork()
if os.getpid() % 5 == 0: os.setsid()
for _ in range(200):
    if os.fork() == 0: os._exit(0)
    try:
        while os.waitpid(-1, os.WNOHANG)[0] > 0: pass
    except ChildProcessError: pass
    time.sleep(0.01)
time.sleep(600)`;
    const end = await confined({ command: [python ?? '', '-c', code], limits: { max_processes: 200 } }, uid);
    expect(end).toMatchObject({ signal: 'SIGKILL', limit: 'processes' });
    expect(processesWith(mark)).toEqual([]);
  });

  it('does not get away by killing or stopping what holds it together', async () => {
    for (const signal of ['SIGKILL', 'SIGSTOP']) {
      const mark = word(signal.toLowerCase());
      const code = `import os, signal, time\ntime.sleep(0.3)\n${leave(mark)}${until_there(mark)}\ntry: os.kill(os.getppid(), signal.${signal})\nexcept PermissionError: pass\nprint("there", flush=True)\ntime.sleep(600)`;
      const end = await confined({ command: [python ?? '', '-c', code], stop_on_output: true }, uid);
      // Without namespaces nothing marks what has cleared its environment; the worker then says so.
      if (end.isolation === null) expect(end.notes).not.toEqual([]);
      else expect(processesWith(mark)).toEqual([]);
    }
  });

  it('sends no signal to what is not its own', async () => {
    const bystander = spawn('sleep', ['600'], { stdio: 'ignore', ...(uid === undefined ? {} : { uid, gid: uid }) });
    const code = `
import os, signal, subprocess
child = subprocess.Popen(["sleep", "600"])
for pid in (${bystander.pid}, os.getppid(), -1):
    try: os.kill(pid, signal.SIGCONT if pid == -1 else signal.SIGTERM); print(pid)
    except PermissionError: pass
child.terminate()
print("own", child.wait())`;
    try {
      const end = await confined({ command: [python ?? '', '-c', code] }, uid);
      expect(end.output).toContain('own -15');
      expect(end.output.includes(String(bystander.pid))).toBe(!end.guards_signals);
    } finally {
      bystander.kill('SIGKILL');
    }
  });

  it('ends at its limits, which count everything that it has started', async () => {
    const hungry = `import os, time\nfor _ in range(3): os.fork()\nheld = bytearray(60 << 20)\nfor at in range(0, len(held), 4096): held[at] = 1\ntime.sleep(600)`;
    expect(
      await confined({ command: [python ?? '', '-c', hungry], limits: { max_memory_mb: 300 } }, uid),
    ).toMatchObject({ limit: 'memory', signal: 'SIGKILL' });
    // What is shared after a fork counts once.
    const sharing = `import os\nheld = bytearray(100 << 20)\nfor at in range(0, len(held), 4096): held[at] = 1\nfor _ in range(3): os.fork()\nimport time\ntime.sleep(1.5)`;
    expect(
      await confined({ command: [python ?? '', '-c', sharing], limits: { max_memory_mb: 400 } }, uid),
    ).toMatchObject({ limit: null, code: 0 });
    const threads = `import threading, time\nfor _ in range(200): threading.Thread(target=time.sleep, args=(600,)).start()`;
    expect(await confined({ command: [python ?? '', '-c', threads], limits: { max_processes: 4 } }, uid)).toMatchObject(
      {
        limit: 'threads',
      },
    );
    const writing = `import os, time\nos.makedirs("a/b")\nwith open("a/b/c", "wb") as out:\n  while True:\n    out.write(bytes(1 << 20)); out.flush(); time.sleep(0.01)`;
    expect(await confined({ command: [python ?? '', '-c', writing], limits: { max_disk_mb: 20 } }, uid)).toMatchObject({
      limit: 'disk',
      signal: 'SIGKILL',
    });
  });

  it('reads no environment and no memory of other processes, no hidden folder, and changes no setting of the kernel', async () => {
    const secret = `secret-${process.pid}-${uid ?? 'own'}`;
    const hidden = mkdtempSync(join(folder, 'data-'));
    writeFileSync(join(hidden, 'credentials.json'), secret);
    const owner = ['--reuid', String(uid ?? 0), '--regid', String(uid ?? 0), '--clear-groups', '--'];
    if (uid !== undefined) await run('chown', ['-R', String(uid), hidden, folder]);
    const holder = spawn(
      uid === undefined ? 'sleep' : (setpriv ?? ''),
      [...(uid === undefined ? [] : [...owner, 'sleep']), '600'],
      {
        env: { PATH: TOOL_PATH, PASSWORD: secret },
        stdio: 'ignore',
      },
    );
    const search = `
import json, os
secret = "secret-" + "${process.pid}-${uid ?? 'own'}"
found = []
def look(path):
    try:
        if secret in open(path, errors="replace").read(1 << 20): found.append(path)
    except OSError: pass
for entry in os.listdir("/proc"):
    if entry.isdigit() and int(entry) != os.getpid():
        look(f"/proc/{entry}/environ")
        look(f"/proc/{entry}/root${hidden}/credentials.json")
for pid in (${holder.pid}, os.getppid()):
    try: open(f"/proc/{pid}/mem", "rb").close(); found.append(f"/proc/{pid}/mem")
    except OSError: pass
for top, _, files in os.walk("${hidden}"):
    for name in files: look(os.path.join(top, name))
os.system("umount ${hidden} 2>/dev/null")
look("${hidden}/credentials.json")
os.system("unshare --user --map-root-user --mount sh -c 'umount ${hidden} && cat ${hidden}/credentials.json' 2>/dev/null > out")
look("out")
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/sys/kernel/uevent_helper", "/proc/sysrq-trigger"):
    try: open(path, "r+").close(); found.append(path)
    except OSError: pass
print(json.dumps(found), os.environ.get("MINE"), os.getcwd() == os.environ["HOME"])`;
    try {
      const options = { command: [python ?? '', '-c', search], hidden: [hidden], env: { MINE: 'it\'s\n"mine" $HOME' } };
      const off = await confined({ ...options, isolation: 'off' }, uid);
      expect(off.output).toContain(`/proc/${holder.pid}/environ`);
      const end = await confined(options, uid);
      if (!end.hides_credentials) return expect(end.notes.join()).toContain('user namespaces');
      expect(end).toMatchObject({ code: 0, notes: [] });
      expect(end.output).toBe('[] it\'s\n"mine" $HOME True\n');
    } finally {
      holder.kill('SIGKILL');
    }
  });
});

it.runIf(process.platform === 'linux' && is_root && setpriv !== undefined)(
  'a program runs as the user that WORKER_COMMAND_USER names, in a folder of its own',
  async () => {
    const code =
      'import os; open("mine", "w").write("x"); print(os.getuid(), os.getgid(), os.getgroups(), os.stat(".").st_uid)';
    for (const isolation of ['auto', 'off'] as const) {
      const end = await confined({ command: [python ?? '', '-c', code], user: 'nobody', isolation });
      expect(end).toMatchObject({ code: 0, hides_credentials: true });
      expect(end.output).toMatch(/^65534 65534 \[65534\] 65534\n$/);
      const numbers = await confined({ command: [python ?? '', '-c', code], user: '65533:65532', isolation });
      expect(numbers.output).toMatch(/^65533 65532 \[\] 65533\n$/);
    }
    await expect(confined({ command: ['/bin/true'], user: 'root' })).rejects.toThrow(/ordinary user/);
    await expect(confined({ command: ['/bin/true'], user: 'nobody-at-all' })).rejects.toThrow(/no such user/);
  },
);
