import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from '@benchwire/deploy/local/private-file.ts';
import type { Client } from '@benchwire/shared/client/client.ts';
import type { RequestInput } from '@benchwire/shared/client/submit.ts';

/** A real program with real waits; how long it waits is in the file beside it, as if a commit had changed it. */
const PROGRAM = `
import { readFileSync } from 'node:fs';
const wait_ms = Number(readFileSync(new URL('./wait-ms', import.meta.url), 'utf8'));
for (let turn = 0; turn < 40; turn++) {
  const begin = performance.now();
  await new Promise((done) => setTimeout(done, wait_ms));
  console.log(JSON.stringify({ metric: 'request_latency_ms', value: performance.now() - begin, unit: 'ms' }));
}
`;

/**
 * Measures the same program again and again, commit by commit.
 * @param folder where the program is put; the worker may read it
 * @param runs how many, and from which on they are slower, so that there is something to find
 * @returns the runs, the oldest first
 */
export async function makeHistory(
  client: Client,
  folder: string,
  { runs = 12, first_slower = 9 } = {},
): Promise<string[]> {
  const made: string[] = [];
  const program = join(folder, 'server-round-trip.mjs');
  writeFileSync(program, PROGRAM);
  for (let number = 0; number < runs; number++) {
    // At once: a re-run may be reading it.
    writePrivateFile(join(folder, 'wait-ms'), number < first_slower ? '20' : '27');
    const { run_id } = await client.submit({
      name: 'server round trip',
      source: { commit: `${(0xa1b2c3 + number * 0x1111).toString(16)}f0`, branch: 'main' },
      tags: { trigger: 'push' },
      tasks: [
        { task_id: 'round-trip', executor: 'command', config: { model: 'echo-server', command: ['node', program] } },
      ],
    });
    await client.finished(run_id);
    made.push(run_id);
  }
  return made;
}

/** Tasks that fail, time out, are tried again, and that nobody can run. */
export const TROUBLE: RequestInput = {
  name: 'trouble',
  tags: { trigger: 'nightly' },
  tasks: [
    {
      task_id: 'flaky',
      executor: 'noop',
      config: { sleep_ms: 900, behaviour: 'fail', fail_attempts: 2 },
      retry_policy: { max_retries: 3, retry_delay_seconds: 2 },
    },
    { task_id: 'broken', executor: 'noop', config: { sleep_ms: 500, behaviour: 'fail', retriable: false } },
    {
      task_id: 'too-slow',
      executor: 'noop',
      config: { sleep_ms: 60_000 },
      timeout_seconds: 3,
      retry_policy: { max_retries: 0 },
    },
    { task_id: 'needs-cuda', executor: 'noop', requirements: { hardware: ['cuda'] }, timeout_seconds: 600 },
    { task_id: 'steps', executor: 'noop', repetitions: 8, config: { sleep_ms: 700 } },
  ],
};
