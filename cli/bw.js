#!/usr/bin/env node
// Plain JavaScript: it runs on whatever Node the user has (20 or newer) and goes on under the Node that the project pins.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./src/main.ts', import.meta.url));
const file = process.platform === 'win32' ? 'node.exe' : 'node';
const pinned = fileURLToPath(new URL(`../node_modules/node/bin/${file}`, import.meta.url));
const current = Number(process.versions.node.split('.')[0]) >= 24;

if (!current && !existsSync(pinned)) {
  console.error(`bw: needs Node 24 or newer, or an installed project: run \`npm install\` in the repository first.`);
  process.exit(1);
}

const child = spawn(current ? process.execPath : pinned, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
// Ctrl-C reaches the child by itself in a terminal; it decides what happens, and this process waits for it.
process.on('SIGINT', () => process.stdin.isTTY || process.stderr.isTTY || child.kill('SIGINT'));
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)));
