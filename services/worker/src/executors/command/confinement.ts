import { spawn } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isInside } from '@benchwire/shared/runtime/is-inside.ts';
import { findProgram } from './allowlist.ts';
import { isolationChains, type TaskUser } from './isolation.ts';

/** Where the tools of util-linux, perl and sh are; a task's PATH has no say in it. */
export const TOOL_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const HELPER = fileURLToPath(new URL('./keep-together.pl', import.meta.url));
/** prctl(2), by processor; from the kernel's tables. */
const PRCTL: Readonly<Record<string, number>> = {
  x64: 157,
  arm64: 167,
  riscv64: 167,
  loong64: 167,
  arm: 172,
  ppc64: 171,
  s390x: 172,
};
const PROBE_MS = 10_000;

/** Runs what comes after it with the variables that it reads from descriptor 3, at the head of the kernel's out-of-memory list. */
const LAUNCH =
  'unset BENCHWIRE_OWNER PWD OLDPWD; eval "$(cat <&3)"; exec 3<&- 4>&-; ulimit -c 0; { echo 500 >/proc/self/oom_score_adj; } 2>/dev/null; exec "$@"';

export interface ConfinementOptions {
  /** WORKER_COMMAND_ISOLATION. */
  isolation: 'auto' | 'off' | 'require';
  /** Folders that no program may see, such as the local stack's data folder. */
  hidden: readonly string[];
  /** WORKER_COMMAND_USER. */
  user: TaskUser | undefined;
}

/** How this machine can hold a program together and apart from the worker; found out once, by trying. */
export interface Confinement {
  /** Every descendant is a child of the helper in the end, and is killed with it. */
  readonly ends_all: boolean;
  /** Programs can read neither the environment and memory of the stack's processes nor the hidden folders. */
  readonly hides_credentials: boolean;
  /** How, in words: `user namespace`, `fewer capabilities`, `user 1001`, `Landlock`; null for not at all. */
  readonly isolation: string | null;
  /** Programs can send no signals to processes outside, the helper and the worker among them. */
  readonly guards_signals: boolean;
  /** Each program has a mount namespace of its own, by which its processes are known. */
  readonly has_namespace: boolean;
  readonly user: TaskUser | undefined;
  /** Folders that programs do not see; absolute, without symbolic links. */
  readonly hidden: readonly string[];
  /** What can't be guaranteed here, and what would help. */
  readonly notes: readonly string[];
  /** The command line that starts a program so; undefined where it is started directly. */
  wrap(command: readonly string[], grace_ms: number): string[] | undefined;
}

/** Tries what there is, best first. Other systems than Linux have process groups only. */
export async function probeConfinement(options: ConfinementOptions): Promise<Confinement> {
  const { user } = options;
  const notes: string[] = [];
  const hidden = await foldersToHide(options.hidden, notes);
  const direct: Confinement = {
    ends_all: false,
    hides_credentials: false,
    isolation: null,
    guards_signals: false,
    has_namespace: false,
    user,
    hidden: [],
    notes,
    wrap: () => undefined,
  };
  const tool = (name: string): Promise<string | undefined> => findProgram(name, TOOL_PATH);
  const [sh, perl] = await Promise.all([tool('sh'), tool('perl')]);
  if (process.platform !== 'linux' || sh === undefined) {
    notes.push(
      `on ${process.platform} programs are ended by process group: a process that starts a session of its own outlives its task; and programs can read what this user can read, credentials of the stack among it`,
    );
    return direct;
  }
  const launch = [sh, '-c', LAUNCH, 'sh'];
  const { alone, together } = await probeHelper(perl, launch, options.isolation);
  const ends_all = alone !== undefined;
  if (!ends_all) {
    notes.push(
      'a program that leaves its session and clears its environment within a tenth of a second may outlive its task: install perl (perl-base), which holds its processes together',
    );
  }
  for (const chain of isolationChains({ ...options, hidden, tool: await toolPaths(tool) })) {
    const guard = chain.has_namespace ? 'signals' : 'any';
    const said = await works([...together(0, guard), ...chain.prefix, ...launch]);
    if (said === undefined) continue;
    // Another user cannot read what belongs to this one alone.
    const hides_folders = chain.has_namespace || user !== undefined || hidden.length === 0;
    const hides_credentials = said.hides_processes && hides_folders;
    if (!hides_credentials) notes.push(CREDENTIALS_NOTE);
    return {
      ...direct,
      ends_all,
      hides_credentials,
      isolation: chain.name,
      guards_signals: guardIn(said.report) === 'signals',
      has_namespace: chain.has_namespace,
      hidden: chain.has_namespace ? hidden : [],
      wrap: (command, grace_ms) => [...together(grace_ms, guard), ...chain.prefix, ...launch, ...command],
    };
  }
  // Without namespaces Landlock keeps programs from the other processes; files can't be hidden.
  const guard = guardIn(alone?.report ?? '');
  const hides_credentials = alone?.hides_processes === true && hidden.length === 0;
  if (!hides_credentials) notes.push(CREDENTIALS_NOTE);
  return {
    ...direct,
    ends_all,
    hides_credentials,
    isolation: guard === 'nothing' ? null : 'Landlock',
    guards_signals: guard === 'signals',
    wrap: (command, grace_ms) => [...together(grace_ms, 'any'), ...launch, ...command],
  };
}

/** Whether keep-together.pl works here, and the command line that puts it before a program; empty where it does not. */
async function probeHelper(
  perl: string | undefined,
  launch: readonly string[],
  isolation: ConfinementOptions['isolation'],
): Promise<{ alone: Probe | undefined; together: (grace_ms: number, guard: Guard) => string[] }> {
  const prctl = PRCTL[process.arch];
  if (perl === undefined || prctl === undefined) return { alone: undefined, together: () => [] };
  const helper = (grace_ms: number, guard: Guard): string[] => [
    ...[perl, HELPER, String(prctl), String(process.pid), String(grace_ms)],
    isolation === 'off' ? 'off' : guard,
  ];
  const alone = await works([...helper(0, 'any'), ...launch]);
  return { alone, together: alone === undefined ? () => [] : helper };
}

/** What Landlock is asked for: keep-together.pl. */
type Guard = 'signals' | 'any';

/** What Landlock has done, out of the helper's report. */
function guardIn(report: string): 'signals' | 'processes' | 'nothing' {
  const guard = /^guarded (signals|processes)$/m.exec(report)?.[1];
  return guard === 'signals' || guard === 'processes' ? guard : 'nothing';
}

const CREDENTIALS_NOTE =
  "programs can read what this worker's user can read, files of the stack or the environment of its other processes among it: allow user namespaces (kernel.apparmor_restrict_unprivileged_userns=0, or a container with seccomp that lets unshare through), or start the worker as root with WORKER_COMMAND_USER";

/** Those of the folders that can be hidden, without symbolic links; a note for each that can't. */
async function foldersToHide(folders: readonly string[], notes: string[]): Promise<string[]> {
  const found: string[] = [];
  const temporary = await realpath(tmpdir());
  for (const folder of folders) {
    const path = await realpath(folder).catch(() => undefined);
    if (path === undefined) notes.push(`WORKER_COMMAND_HIDE names ${folder}, which does not exist`);
    else if (isInside(temporary, path)) {
      notes.push(
        `programs can see ${folder}: their own temporary folders lie in it; set TMPDIR to a folder outside of it`,
      );
    } else found.push(path);
  }
  return found;
}

async function toolPaths(
  tool: (name: string) => Promise<string | undefined>,
): Promise<{ sh: string; unshare: string | undefined; setpriv: string | undefined; mount: string | undefined }> {
  const [sh = '/bin/sh', unshare, setpriv, mount] = await Promise.all(
    ['sh', 'unshare', 'setpriv', 'mount'].map((name) => tool(name)),
  );
  return { sh, unshare, setpriv, mount };
}

/** A probe that has worked. */
interface Probe {
  /** What the helper has said. */
  report: string;
  /** It could not read this process's environment. */
  hides_processes: boolean;
}

/**
 * Runs a program through a chain, as a task's would run, that says its variable, and whether it can look into this process.
 * Undefined when its answer does not arrive.
 */
function works(chain: readonly string[]): Promise<Probe | undefined> {
  const look = `echo "$PROBE"; if [ -n "$(head -c 1 /proc/${process.pid}/environ 2>/dev/null)" ]; then echo open; fi`;
  const [file = '', ...args] = [...chain, '/bin/sh', '-c', look];
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env: { PATH: TOOL_PATH },
      cwd: tmpdir(),
      stdio: ['ignore', 'pipe', 'ignore', 'pipe', 'pipe'],
      timeout: PROBE_MS,
      killSignal: 'SIGKILL',
    });
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    sendEnvironment(child.stdio[3], { PATH: TOOL_PATH, PROBE: 'it works' });
    let report = '';
    child.stdio[4]?.on('data', (chunk: Buffer) => {
      report += chunk.toString();
    });
    child.once('error', () => resolve(undefined));
    child.once('close', () => {
      const [answer, open] = said.trim().split('\n');
      resolve(answer === 'it works' ? { report, hides_processes: open === undefined } : undefined);
    });
  });
}

/** Hands the program its variables through a pipe: a command line and a launcher's own environment can be read by others. */
export function sendEnvironment(pipe: unknown, env: Readonly<Record<string, string>>): void {
  if (!isWritable(pipe)) return;
  // Who ends before it has read them has its own reasons.
  pipe.on('error', () => undefined);
  const quoted = Object.entries(env).map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`);
  pipe.end(quoted.join('\n'));
}

function isWritable(pipe: unknown): pipe is NodeJS.WritableStream {
  return typeof pipe === 'object' && pipe !== null && 'write' in pipe && 'end' in pipe;
}
