import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isNewEnough } from '@benchwire/deploy/local/find-server.ts';
import { cacheFolder } from '../support/cache.ts';
import { mustRun, runProgram } from '../support/run-program.ts';

const VERSION = 'v2.40.3';
const OLDEST = [2, 24] as const;
const MODULE = 'github.com/docker/compose/v2';
const PROGRAM = cacheFolder('docker', `docker-compose-${VERSION}`);

/** Where `docker compose` of the tests comes from. */
export interface ComposePlugin {
  version: string;
  /** What it has to find in its environment. */
  env: Record<string, string>;
}

/** Why there is no `docker compose` here; undefined when it is there, or can be built. */
export async function whyNoCompose(): Promise<string | undefined> {
  if (existsSync(PROGRAM) || (await installedVersion()) !== undefined) return undefined;
  if ((await runProgram(['go', 'version'])).code === 0) return undefined;
  return `Docker Compose ${OLDEST.join('.')} or newer is not installed, and there is no Go to build it`;
}

/** Docker Compose as it is installed, else built once from its Go module. */
export async function composePlugin(say: (text: string) => void): Promise<ComposePlugin> {
  const installed = await installedVersion();
  if (installed !== undefined) return { version: installed, env: {} };
  if (!existsSync(PROGRAM)) {
    say(`building Docker Compose ${VERSION} from its Go module, once (2 to 5 minutes) …`);
    await build();
  }
  const config = cacheFolder('docker', 'config');
  const plugin = join(config, 'cli-plugins/docker-compose');
  mkdirSync(join(config, 'cli-plugins'), { recursive: true });
  rmSync(plugin, { force: true });
  symlinkSync(PROGRAM, plugin);
  return { version: VERSION, env: { DOCKER_CONFIG: config } };
}

async function installedVersion(): Promise<string | undefined> {
  const { code, stdout } = await runProgram(['docker', 'compose', 'version', '--short']);
  const version = stdout.trim().replace(/^v/, '');
  return code === 0 && isNewEnough(version, OLDEST) ? version : undefined;
}

/** In a module of its own: Compose's own go.mod excludes versions, and `go install` refuses that. */
async function build(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bw-compose-'));
  // Go's caches would keep a gigabyte that nobody needs again.
  const env = {
    CGO_ENABLED: '0',
    GOFLAGS: '-modcacherw',
    GOCACHE: join(folder, 'cache'),
    GOMODCACHE: join(folder, 'modules'),
  };
  const go = (...args: string[]): Promise<string> =>
    mustRun(['go', ...args], { cwd: folder, env, timeout_ms: 20 * 60_000 });
  try {
    await go('mod', 'init', 'compose');
    await go('get', '-tool', `${MODULE}/cmd@${VERSION}`);
    const flags = `-s -w -X ${MODULE}/internal.Version=${VERSION}`;
    await go('build', '-trimpath', '-ldflags', flags, '-o', 'docker-compose', `${MODULE}/cmd`);
    mkdirSync(cacheFolder('docker'), { recursive: true });
    await mustRun(['cp', join(folder, 'docker-compose'), `${PROGRAM}.new`]);
    renameSync(`${PROGRAM}.new`, PROGRAM);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
