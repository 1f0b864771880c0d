/** The script of an archive. It runs with Node alone, beside the archive's files. */
export const MEASURE_AGAIN = `#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const read = (name) => JSON.parse(readFileSync(join(here, name), 'utf8'));
const before = read('outcomes.json').at(-1);
const request = read('request.json');
if (process.argv.includes('--same-device'))
  for (const task of request.tasks)
    if (task.task_id === before.task_id) task.requirements = { ...task.requirements, pool: before.pool };

// Beside the files that it names.
const file = join(here, \`.again-\${process.pid}.json\`);
writeFileSync(file, JSON.stringify(request));
const [program, ...first] = (process.env.BW ?? 'bw').split(' ');
const ran = spawnSync(program, [...first, 'run', file, '--json'], {
  // Paths of a request count from here.
  cwd: here,
  env: { ...process.env, INIT_CWD: here },
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
  maxBuffer: 1e9,
});
rmSync(file, { force: true });
if (ran.error) {
  console.error(\`\${program} can't be started (\${ran.error.code}): install bw, or set BW to how it is started.\`);
  process.exit(1);
}
let report;
try {
  report = JSON.parse(ran.stdout);
} catch {
  console.error(\`bw run ended with \${ran.status} and printed no results.\`);
  process.exit(1);
}
const after = report.tasks.find(({ task_id }) => task_id === before.task_id);

/** Medians by name. */
const valuesOf = ({ results = {} } = {}) => {
  const values = {};
  for (const [size, batch] of Object.entries(results.batch_sizes ?? {}))
    for (const name of ['latency_ms', 'throughput_items_per_second'])
      if (typeof batch[name] === 'number') values[\`\${name} (batch \${size})\`] = batch[name];
  for (const [name, { value, unit }] of Object.entries(results.metrics ?? {})) values[\`\${name}\${unit ? \` [\${unit}]\` : ''}\`] = value;
  return values;
};
const old_values = valuesOf(before);
const new_values = valuesOf(after);
const rows = Object.keys(old_values).map((name) => {
  const [was, is] = [old_values[name], new_values[name]];
  const change_percent = is === undefined || was === 0 ? null : ((is - was) / was) * 100;
  return { name, was, is: is ?? null, change_percent };
});
const flat = (value, path = '') =>
  value !== null && typeof value === 'object'
    ? Object.entries(value).flatMap(([name, each]) => flat(each, path === '' ? name : \`\${path}.\${name}\`))
    : [[path, value]];
const was_environment = new Map(flat(before.environment));
const differences = flat(after?.environment ?? {})
  .filter(([name, value]) => was_environment.get(name) !== value)
  .map(([name, value]) => ({ name, was: was_environment.get(name) ?? null, is: value }));
const result = {
  run_id: report.run_id,
  status: after?.status ?? 'missing',
  same_device: after?.fingerprint === before.fingerprint,
  rows,
  differences,
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  console.log(\`run \${result.run_id}: \${result.status}, on \${result.same_device ? 'the same kind of device' : 'another kind of device'}\`);
  for (const { name, was, is, change_percent } of rows)
    console.log(\`  \${name}: was \${was}, is \${is ?? 'not measured'}\${change_percent === null ? '' : \` (\${change_percent > 0 ? '+' : ''}\${change_percent.toFixed(1)} %)\`}\`);
  for (const { name, was, is } of differences) console.log(\`  differs: \${name}: was \${was}, is \${is}\`);
}
process.exit(result.status === 'completed' && rows.some(({ is }) => is !== null) ? 0 : 1);
`;
