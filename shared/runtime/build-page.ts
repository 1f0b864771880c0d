import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const REPOSITORY = resolve(import.meta.dirname, '../..');

export interface PageSource {
  /** The page's folder in the repository, with its vite.config.ts. */
  folder: string;
  /** Patterns of what it is made from; the lockfile stands for the packages. */
  sources: readonly string[];
}

/**
 * Builds a page with Vite where it was not built from what is in the checkout; that takes seconds, and milliseconds when there is
 * nothing to do. By content and not by date: a `git checkout` changes every date.
 * @returns the folder with the page's files, or the exit code of a build that failed; what it printed is on stderr
 */
export async function buildPage(
  { folder, sources }: PageSource,
  say: (text: string) => void,
): Promise<{ dist: string } | { exit_code: number }> {
  const dist = join(REPOSITORY, folder, 'dist');
  const wanted = fingerprint(sources);
  if (isBuiltFrom(dist, wanted)) return { dist };
  say(`building ${folder} …`);
  // Beside the old one, which may be served, and which another process may be replacing too.
  const made = join(REPOSITORY, folder, `dist.${process.pid}`);
  try {
    const exit_code = await vite(
      'build',
      join(REPOSITORY, folder),
      '--outDir',
      made,
      '--emptyOutDir',
      '--logLevel',
      'warn',
    );
    if (exit_code !== 0) return { exit_code };
    writeFileSync(join(made, 'built-from'), wanted);
    if (!isBuiltFrom(dist, wanted)) {
      rmSync(dist, { recursive: true, force: true });
      renameSync(made, dist);
    }
    return { dist };
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

function isBuiltFrom(dist: string, wanted: string): boolean {
  const stamp = join(dist, 'built-from');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

function fingerprint(sources: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of globSync([...sources], { cwd: REPOSITORY }).sort()) {
    if (!path.includes('.test.')) hash.update(path).update(readFileSync(join(REPOSITORY, path)));
  }
  return hash.digest('hex');
}

/** 127 when it is not installed. What it prints goes to stderr: stdout is for results. */
function vite(...args: string[]): Promise<number> {
  return new Promise((settle) => {
    const program = join(REPOSITORY, 'node_modules/vite/bin/vite.js');
    if (!existsSync(program)) return settle(127);
    const child = spawn(process.execPath, [program, ...args], { stdio: ['inherit', 2, 2] });
    child.once('error', () => settle(127));
    child.once('close', (code) => settle(code ?? 1));
  });
}
