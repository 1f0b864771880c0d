import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { packagesThatDoNotLoad } from './load-check.js';
import { withLock } from './lock.js';
import { fingerprint, installedByHand } from './manifests.js';
import { checkPlatformPackages, folderOf } from './native-packages.js';
import { npm } from './npm.js';
import { findRuntime, runtimePackage } from './runtime.js';
import { say } from './say.js';

/**
 * What was found when the install was last checked, so that the next start only has to look whether it is still there.
 * @typedef {{ fingerprint: string, runtime: string, files: string[], warnings: string[] }} Stamp
 */

/**
 * Makes sure that everything is installed and loads. Takes milliseconds when it is.
 * @param {string} root the repository
 * @returns {Promise<string>} the Node to go on under
 */
export async function ensureInstalled(root) {
  const known = readStamp(root);
  if (known !== undefined) return runtimeOf(root, known);
  const lock = join(root, '.benchwire/install.lock');
  return withLock(
    lock,
    () => say('another command is installing; waiting for it.'),
    () => runtimeOf(root, readStamp(root) ?? install(root)),
  );
}

/**
 * @param {string} root
 * @returns {Stamp}
 */
function install(root) {
  if (!installedByHand(root) && !npmInstall(root)) {
    throw new Error('npm install failed (see above). Fix that and run the command again.');
  }
  addMissing(root);
  const runtime = findRuntime(root) ?? installRuntime(root);
  const warnings = repairBroken(root, runtime).map(
    ({ name, reason, without }) =>
      `${name} does not load here (${reason}), so this works without ${without}. Remove node_modules to try again.`,
  );
  const { present } = checkPlatformPackages(root);
  const files = present.flatMap((wish) => folderOf(root, wish) ?? []).map((path) => relative(root, path));
  /** @type {Stamp} */
  const stamp = { fingerprint: fingerprint(root), runtime: relative(root, runtime), files, warnings };
  if (runtime === process.execPath) stamp.runtime = runtime;
  writeFileSync(stampFile(root), JSON.stringify(stamp, null, 2));
  return stamp;
}

/** @param {string} root */
function npmInstall(root) {
  say(
    existsSync(join(root, 'node_modules'))
      ? 'updating the packages (npm install) …'
      : 'installing the packages (npm install, about 1.5 GB, once) …',
  );
  return npm(root, ['install']);
}

/**
 * Adds the platform packages that the lockfile doesn't know.
 * @param {string} root
 */
function addMissing(root) {
  const { missing } = checkPlatformPackages(root);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  say(`the lockfile lacks packages of this platform; adding ${names} …`);
  if (!addUnlocked(root)) say(`could not add them all (${names}); going on without.`);
}

/**
 * All in one call, and those that are there too: npm takes out again what is neither in the lockfile nor asked for.
 * @param {string} root
 * @param {string[]} more
 */
function addUnlocked(root, more = []) {
  const { present, missing } = checkPlatformPackages(root);
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const unlocked = [...present, ...missing].filter(({ name }) => !(`node_modules/${name}` in locked));
  const specs = unlocked.map(({ name, version }) => `${name}@${version}`);
  return npm(root, ['install', '--no-save', ...new Set([...specs, ...more])]);
}

/**
 * @param {string} root
 * @param {string} runtime
 * @returns what still does not load after a new copy was fetched
 */
function repairBroken(root, runtime) {
  const broken = packagesThatDoNotLoad(root, runtime);
  if (broken.length === 0) return [];
  for (const { name, reason } of broken) say(`${name} does not load (${reason}); installing it anew …`);
  const names = new Set(broken.map(({ name }) => `node_modules/${name}`));
  const { present } = checkPlatformPackages(root);
  for (const folder of names) rmSync(join(root, folder), { recursive: true, force: true });
  for (const wish of present) {
    const folder = names.has(wish.wantedBy) ? folderOf(root, wish) : undefined;
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
  if (npm(root, ['install'])) addMissing(root);
  return packagesThatDoNotLoad(root, runtime);
}

/**
 * The pinned Node comes through an install script of the package `node`. Where those are switched off, its source does.
 * @param {string} root
 * @returns {string}
 */
function installRuntime(root) {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/node/package.json'), 'utf8'));
  const spec = `${runtimePackage()}@${version}`;
  say(`the pinned Node ${version} is not there (install scripts switched off?); fetching ${spec} …`);
  const runtime = addUnlocked(root, [spec]) ? findRuntime(root) : undefined;
  if (runtime !== undefined) return runtime;
  throw new Error(
    `found no Node ${version.split('.')[0]} for ${process.platform}-${process.arch}, and this is ${process.versions.node}. ` +
      'Install Node 24 or newer and run the command again.',
  );
}

/** @param {string} root */
function stampFile(root) {
  return join(root, 'node_modules/.benchwire.json');
}

/**
 * @param {string} root
 * @returns {Stamp | undefined} undefined when anything changed since the last check
 */
function readStamp(root) {
  try {
    /** @type {Stamp} */
    const stamp = JSON.parse(readFileSync(stampFile(root), 'utf8'));
    const there = [stamp.runtime, ...stamp.files].every((path) =>
      existsSync(isAbsolute(path) ? path : join(root, path)),
    );
    return there && stamp.fingerprint === fingerprint(root) ? stamp : undefined;
  } catch {
    return undefined; // never checked, or written by another version of this file: check again
  }
}

/**
 * @param {string} root
 * @param {Stamp} stamp
 */
function runtimeOf(root, stamp) {
  for (const warning of stamp.warnings) say(`note: ${warning}`);
  return isAbsolute(stamp.runtime) ? stamp.runtime : join(root, stamp.runtime);
}
