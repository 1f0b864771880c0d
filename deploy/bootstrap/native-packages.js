import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A lockfile names only the platform packages that its author's registry had, and npm then silently leaves out those of
 * other platforms. This finds out which are missing here, from what every installed package says it would like to have.
 *
 * @typedef {{ name: string, version: string, wantedBy: string }} PlatformPackage
 * @typedef {{ os: string, cpu: string, musl: boolean }} Platform
 */

/**
 * The platform packages that this platform needs.
 * @param {Record<string, { optionalDependencies?: Record<string, string> }>} packages as in npm's lockfile
 * @param {Platform} platform
 * @returns {PlatformPackage[]}
 */
export function platformPackages(packages, platform) {
  const found = [];
  for (const [path, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (isFor(name, platform)) found.push({ name, version, wantedBy: path });
    }
  }
  return found;
}

/**
 * Native packages are told apart by name: `@scope/thing-linux-x64-gnu`, `thing-darwin-arm64`, `thing-linux-arm64-musl`.
 * @param {string} name
 * @param {Platform} platform
 */
function isFor(name, platform) {
  const match = name.match(/-(linux|darwin|win32)-([a-z0-9]+)(?:-(.+))?$/);
  if (match === null) return false;
  const [, os, cpu, libc] = match;
  if (os !== platform.os || cpu !== platform.cpu) return false;
  if (os !== 'linux' || libc === undefined) return true;
  return libc.startsWith('musl') === platform.musl;
}

/**
 * @param {string} root
 * @returns {{ present: PlatformPackage[], missing: PlatformPackage[] }}
 */
export function checkPlatformPackages(root) {
  const lock = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8'));
  const wanted = platformPackages(lock.packages, thisPlatform());
  return {
    present: wanted.filter((wish) => folderOf(root, wish) !== undefined),
    missing: wanted.filter((wish) => folderOf(root, wish) === undefined),
  };
}

/**
 * Where Node would find the package from the one that wants it; undefined when it is not installed.
 * @param {string} root
 * @param {PlatformPackage} wish
 * @returns {string | undefined}
 */
export function folderOf(root, wish) {
  for (let from = wish.wantedBy; ; ) {
    const folder = join(root, from, 'node_modules', wish.name);
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (from === '') return undefined;
    const outer = from.lastIndexOf('node_modules/');
    from = outer <= 0 ? '' : from.slice(0, outer - 1);
  }
}

/** @returns {Platform} */
function thisPlatform() {
  const header = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report.getReport()).header;
  return {
    os: process.platform,
    cpu: process.arch,
    musl: process.platform === 'linux' && header?.glibcVersionRuntime === undefined,
  };
}
