import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type ToolOutput =
  | { found: true; stdout: string }
  | { found: false; reason: string | undefined /** What it printed before it failed. */; stdout?: string };

/** Runs a vendor's tool. A tool that isn't installed is no news (`reason` undefined); one that fails is. */
export async function runTool(program: string, args: readonly string[]): Promise<ToolOutput> {
  try {
    const { stdout } = await run(program, args, { timeout: 15_000, maxBuffer: 4 * 1024 * 1024 });
    return { found: true, stdout };
  } catch (error) {
    const failure = error as NodeJS.ErrnoException & { stdout?: string; stderr?: string };
    if (failure.code === 'ENOENT') return { found: false, reason: undefined };
    const said = `${failure.stdout ?? ''}${failure.stderr ?? ''}`.trim().split('\n')[0] ?? '';
    const reason = `${program} failed: ${said === '' ? failure.message : said}`;
    return { found: false, reason, stdout: failure.stdout ?? '' };
  }
}
