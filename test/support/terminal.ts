import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';

const MAIN = join(repositoryRoot, 'cli/src/main.ts');
/** Gives a program a terminal of its own, of a size, and passes on what is typed and printed. */
const IN_TERMINAL = `
import fcntl, os, pty, struct, sys, termios
columns = int(sys.argv[1])
def size(fd):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 40, columns, 0, 0))
pid, master = pty.fork()
if pid == 0:
    size(0)
    os.execvp(sys.argv[2], sys.argv[2:])
import select
while True:
    ready, _, _ = select.select([master, 0], [], [])
    if 0 in ready:
        typed = os.read(0, 1024)
        if typed: os.write(master, typed)
    if master in ready:
        try: printed = os.read(master, 65536)
        except OSError: break
        if not printed: break
        os.write(1, printed)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** A `bw` that has a terminal. */
export interface TerminalBw {
  type(keys: string): void;
  /** Everything that it printed so far, with the codes that move the cursor. */
  printed(): string;
  waitFor(pattern: RegExp): Promise<void>;
  /** The exit code. */
  ended: Promise<number>;
}

/** Starts `bw` in a terminal. Needs Python 3. */
export function bwInTerminal(
  args: readonly string[],
  { env, cwd, columns = 100 }: { env: Readonly<Record<string, string>>; cwd: string; columns?: number },
): TerminalBw {
  const { PATH = '' } = process.env;
  const command = ['-c', IN_TERMINAL, String(columns), process.execPath, MAIN, ...args];
  const child = spawn('python3', command, {
    cwd,
    env: { PATH, TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  let over = false;
  let changed = Promise.withResolvers<void>();
  const wake = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    wake();
  });
  const ended = once(child, 'close').then(([code]) => {
    over = true;
    wake();
    return Number(code);
  });
  return {
    type: (keys) => void child.stdin.write(keys),
    printed: () => text,
    waitFor: async (pattern) => {
      while (!pattern.test(text)) {
        if (over) throw new Error(`it ended without ${pattern}:\n${text}`);
        await changed.promise;
      }
    },
    ended,
  };
}
