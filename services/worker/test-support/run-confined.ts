/**
 * Runs one program as the command executor does, in a process of its own so that a test can start it as another user:
 * `run-confined.ts '{"command": [...], "hidden": [...]}'`. Prints what came of it as one line of JSON.
 */
import { rm } from 'node:fs/promises';
import { probeConfinement } from '../src/executors/command/confinement.ts';
import { createHomeFolder } from '../src/executors/command/home-folder.ts';
import { ownerId } from '../src/executors/command/processes.ts';
import { Program, type ProgramEnd } from '../src/executors/command/program.ts';
import { findTaskUser } from '../src/executors/command/task-user.ts';
import type { TreeLimits } from '../src/executors/command/tree-watch.ts';

export interface ConfinedRun {
  command: string[];
  env?: Record<string, string>;
  hidden?: string[];
  isolation?: 'auto' | 'off' | 'require';
  user?: string;
  grace_ms?: number;
  limits?: Partial<TreeLimits>;
  /** Stops the program when it prints its first line. */
  stop_on_output?: boolean;
}

export interface ConfinedEnd extends ProgramEnd {
  output: string;
  limit: string | null;
  isolation: string | null;
  ends_all: boolean;
  hides_credentials: boolean;
  guards_signals: boolean;
  notes: readonly string[];
}

const asked = JSON.parse(process.argv[2] ?? '{}') as ConfinedRun;
const user = await findTaskUser(asked.user);
const confinement = await probeConfinement({
  isolation: asked.isolation ?? 'auto',
  hidden: asked.hidden ?? [],
  user,
});
const owner = ownerId(process.pid);
const home = await createHomeFolder(owner, user);
const [file = '', ...args] = asked.command;
let output = '';
let limit: string | null = null;
const program = new Program({
  file,
  args,
  working_directory: home,
  env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: home, ...asked.env },
  attempt_id: `test.${process.pid}.1`,
  owner,
  home,
  confinement,
  grace_ms: asked.grace_ms ?? 300,
  limits: { max_memory_mb: 2000, max_processes: 1000, max_disk_mb: 1000, ...asked.limits },
  onOutput: async (_stream, chunk) => {
    output += chunk?.toString() ?? '';
    if (chunk !== undefined && asked.stop_on_output === true) program.stop();
  },
  onLimit: (kind) => {
    limit = kind;
  },
});
const end = await program.run();
await rm(home, { recursive: true, force: true });
const { isolation, ends_all, hides_credentials, guards_signals, notes } = confinement;
const result: ConfinedEnd = { ...end, output, limit, isolation, ends_all, hides_credentials, guards_signals, notes };
console.log(JSON.stringify(result));
