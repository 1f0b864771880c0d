import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';

/**
 * Runs npm in the repository. Not `npm ci`: it refuses a lockfile that lacks this platform's binaries.
 * @param {string} root
 * @param {string[]} args
 * @returns {boolean} whether it succeeded; its own output says why not
 */
export function npm(root, args) {
  const env = { ...process.env };
  // Started through `npm run`, the outer npm's settings (a workspace, --json, a dry run) must not leak into this one.
  for (const name of Object.keys(env)) if (/^npm_(lifecycle|package|command)/.test(name)) delete env[name];
  // Its install script fetches CUDA libraries. npm 11 is told in package.json not to run it; older ones can't be.
  env.ONNXRUNTIME_NODE_INSTALL ??= 'skip';

  const [command, first] = npmCommand();
  const all = [...first, ...args, '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  // npm's report goes to stderr: stdout belongs to the command that the user asked for.
  return (
    spawnSync(command, all, { cwd: root, env, stdio: ['ignore', 2, 2], shell: command === 'npm.cmd' }).status === 0
  );
}

/** The npm that started us, so that the same one installs; else the one in the PATH. */
function npmCommand() {
  const running = process.env.npm_execpath;
  if (running !== undefined && /^npm/.test(basename(running))) {
    return /** @type {const} */ ([process.execPath, [running]]);
  }
  return /** @type {const} */ ([process.platform === 'win32' ? 'npm.cmd' : 'npm', []]);
}
