import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The packages that bring machine code, and what does not work without them. Files that are there may still not load (cut
 * short, another libc), so each is really loaded once after an install, in a process of its own: a bad library can abort.
 */
const checks = [
  {
    name: 'chdb',
    args: ['-e', 'require("chdb")'],
    without: 'embedded ClickHouse (set CLICKHOUSE_URL to use a server)',
  },
  { name: 'onnxruntime-node', args: ['-e', 'require("onnxruntime-node")'], without: 'the onnx executor' },
  {
    name: '@biomejs/biome',
    args: ['node_modules/@biomejs/biome/bin/biome', '--version'],
    without: 'lint in `npm test`',
  },
];

/**
 * @param {string} root
 * @param {string} runtime
 * @returns {{ name: string, without: string, reason: string }[]} those that do not load
 */
export function packagesThatDoNotLoad(root, runtime) {
  return checks.flatMap(({ name, args, without }) => {
    if (!existsSync(join(root, 'node_modules', name, 'package.json'))) {
      return [{ name, without, reason: 'it is not installed' }];
    }
    const { status, signal, stderr } = spawnSync(runtime, args, { cwd: root, encoding: 'utf8', timeout: 120_000 });
    if (status === 0) return [];
    const line = stderr
      .split('\n')
      .find((text) => /^\S*Error\b.*: |cannot open|not found/.test(text))
      ?.trim();
    return [{ name, without, reason: line ?? (signal ? `ended by ${signal}` : `exit code ${status}`) }];
  });
}
