import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { repositoryRoot } from './paths.ts';
import { runCommand } from './run-command.ts';

const folder = join(repositoryRoot, 'dashboard');
const dist = join(folder, 'dist');
const stamp = join(dist, 'built-from');

/** What the page is made from; the lockfile stands for the packages. */
const SOURCES = [
  'dashboard/{src,public}/**/*.*',
  'dashboard/{index.html,package.json,vite.config.ts}',
  'shared/{contracts,format}/*.ts',
  'examples/quickstart.yaml',
  'package-lock.json',
];

/**
 * Builds the dashboard where it was not built from what is in the checkout; that takes seconds, and milliseconds when there
 * is nothing to do. By content and not by date: a `git checkout` changes every date.
 * @returns the folder with the page's files
 * @throws BenchwireError DASHBOARD_BUILD; what the build printed is on stderr
 */
export async function buildDashboard(say: (text: string) => void): Promise<string> {
  const wanted = fingerprint();
  if (isBuiltFrom(wanted)) return dist;
  say('building the dashboard …');
  // Beside the old one, which a gateway may serve, and which another stack may be replacing too.
  const made = join(folder, `dist.${process.pid}`);
  const vite = join(repositoryRoot, 'node_modules/vite/bin/vite.js');
  const options = ['--outDir', made, '--emptyOutDir', '--logLevel', 'warn'];
  const { code } = await runCommand(process.execPath, [vite, 'build', folder, ...options], true);
  try {
    if (code !== 0) {
      throw new BenchwireError(
        'DASHBOARD_BUILD',
        `the dashboard could not be built (exit code ${code}, reasons above)`,
      );
    }
    writeFileSync(join(made, 'built-from'), wanted);
    if (!isBuiltFrom(wanted)) {
      rmSync(dist, { recursive: true, force: true });
      renameSync(made, dist);
    }
    return dist;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

const isBuiltFrom = (wanted: string): boolean => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const path of globSync(SOURCES, { cwd: repositoryRoot }).sort()) {
    if (!path.includes('.test.')) hash.update(path).update(readFileSync(join(repositoryRoot, path)));
  }
  return hash.digest('hex');
}
