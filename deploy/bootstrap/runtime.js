import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The services are TypeScript that Node runs as it stands; before this version it can't. */
const oldestMajor = 24;

/**
 * The Node to go on under: the pinned one, where npm put it; else the platform package that it would have come from (npm
 * was told to run no scripts); else the current one when it is new enough. Undefined when there is none.
 * @param {string} root
 * @returns {string | undefined}
 */
export function findRuntime(root) {
  return candidates(root).find((path) => existsSync(path) && isNewEnough(path));
}

/** @param {string} root */
function candidates(root) {
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const platformPackage = runtimePackage();
  return [
    join(root, 'node_modules/node/bin', file),
    join(root, 'node_modules/node/node_modules', platformPackage, 'bin', file),
    join(root, 'node_modules', platformPackage, 'bin', file),
    process.execPath,
  ];
}

/** The package with the binary itself; the names are those that the package `node` uses. */
export function runtimePackage() {
  const os = process.platform === 'win32' ? 'win' : process.platform;
  return `${os === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'}-${os}-${process.arch}`;
}

/**
 * Asks the binary itself: on a system with another libc the file is there and does not run.
 * @param {string} path
 */
function isNewEnough(path) {
  if (path === process.execPath) return Number(process.versions.node.split('.')[0]) >= oldestMajor;
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  return status === 0 && Number(stdout.match(/^v(\d+)/)?.[1]) >= oldestMajor;
}
