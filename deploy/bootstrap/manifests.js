import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The files that decide what gets installed: the root's manifest and lockfile and every workspace's manifest.
 * @param {string} root
 * @returns {string[]} absolute paths
 */
function manifests(root) {
  /** @type {string[]} */
  const patterns = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).workspaces ?? [];
  const folders = patterns.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern];
    const parent = pattern.slice(0, -2);
    return existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => `${parent}/${name}`) : [];
  });
  return ['package.json', 'package-lock.json', ...folders.sort().map((folder) => `${folder}/package.json`)]
    .map((path) => join(root, path))
    .filter((path) => existsSync(path));
}

/**
 * What an install is an install of. By content and not by date: a `git checkout` changes every date.
 * @param {string} root
 */
export function fingerprint(root) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const path of manifests(root)) hash.update(path.slice(root.length)).update(relevant(path));
  return hash.digest('hex');
}

/**
 * What of a manifest matters to npm: an edited script or description is no reason to install.
 * @param {string} path
 */
function relevant(path) {
  const text = readFileSync(path, 'utf8');
  if (path.endsWith('package-lock.json')) return text;
  const fields = /^(name|version|workspaces|allowScripts|overrides|bin|.*[dD]ependencies)$/;
  return JSON.stringify(Object.entries(JSON.parse(text)).filter(([name]) => fields.test(name)));
}

/**
 * Whether somebody ran npm by hand after the last change of any manifest, so that only the check is left to do.
 * @param {string} root
 */
export function installedByHand(root) {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const when = statSync(installed).mtimeMs;
  return manifests(root).every((path) => path.endsWith('package-lock.json') || statSync(path).mtimeMs <= when);
}
