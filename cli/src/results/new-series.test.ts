import { expand } from '@benchwire/shared/contracts/expand.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import { variantOf } from '@benchwire/shared/contracts/series.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { describe, expect, it } from 'vitest';
import { configDifferences, newSeriesWords } from './new-series.ts';

function taskOf(written: Record<string, unknown>): Task {
  const expanded = expand(request.parse({ tasks: [{ task_id: 'a', ...written }] }));
  if (!expanded.ok || expanded.tasks[0] === undefined) throw new Error(JSON.stringify(expanded));
  return expanded.tasks[0];
}

const command = (config: Record<string, unknown>, more: Record<string, unknown> = {}): Task =>
  taskOf({ executor: 'command', config: { command: ['sh', '-c', 'x'], ...config }, ...more });

describe('what makes another series', () => {
  it.each([
    ['a variable', { env: { BUILD_ID: '7', LC: 'C' } }, { env: { LC: 'C', BUILD_ID: '8' } }, ['env.BUILD_ID "7" "8"']],
    ['a new variable', {}, { env: { N: '1' } }, ['env.N nothing "1"']],
    ['a secret one', { env: { API_TOKEN: 'a' } }, { env: { API_TOKEN: 'b' } }, ['env.API_TOKEN … …']],
    ['an argument', { command: ['x', '--n', '4'] }, { command: ['x', '--n', '8'] }, ['command[2] "4" "8"']],
    ['more arguments', { command: ['x'] }, { command: ['x', 'y'] }, ['command ["x"] ["x","y"]']],
    ['a folder', { working_directory: '/a' }, { working_directory: '/b' }, ['working_directory "/a" "/b"']],
  ])('%s is named', (_, before, after, expected) => {
    const found = configDifferences(command(before), command(after));
    expect(found.map(({ field, from, to }) => `${field} ${from} ${to}`)).toEqual(expected);
  });

  it.each([
    ['the order of fields', { env: { A: '1', B: '2' } }, { env: { B: '2', A: '1' } }],
    ['something empty', { env: {} }, {}],
    ['another way to write a path', { working_directory: '/data/x' }, { working_directory: '/data//x/' }],
    ['the same in an argument', { command: ['python3', '/opt/b.py'] }, { command: ['python3', '/opt/./b.py'] }],
    ['memory that it may use', { max_memory_mb: 512 }, {}],
  ])('%s is not', (_, before, after) => {
    expect(configDifferences(command(before), command(after))).toEqual([]);
    expect(variantOf(command(before))).toBe(variantOf(command(after)));
  });

  it.each([
    ['a default that is written out', { iterations: 100, seed: 42, scenario: 'single_stream', batch_sizes: [1] }, {}],
    ['a number in another form', { dimensions: { height: 224.0 } }, { dimensions: { height: 224 } }],
    ['an empty object', { shapes: {}, dimensions: {} }, {}],
  ])('of a model, %s is not', (_, before, after) => {
    const [a, b] = [before, after].map((config) => taskOf({ config: { model: 'm', ...config } }));
    expect(variantOf(a as Task)).toBe(variantOf(b as Task));
  });

  it('what a task calls no setting is not, and its place in a list stays', () => {
    const story = (build: string, more: Record<string, string> = {}) =>
      command(
        { command: ['run', '--build', build, '--fast'], env: { BUILD_ID: build, ...more } },
        { not_in_series: ['env.BUILD_ID', 'config.command[2]'] },
      );
    expect(variantOf(story('1'))).toBe(variantOf(story('8')));
    expect(variantOf(story('1'))).not.toBe(variantOf(story('1', { THREADS: '2' })));
    const shorter = command({ command: ['run', '--build', '--fast'] });
    expect(variantOf(story('1'))).not.toBe(variantOf(shorter));
  });

  it.each([
    ['env.BUILDID', /config.env has no "BUILDID".*BUILD_ID/],
    ['command[9]', /has 3 entries/],
    ['comand', /config has no "comand".*command/],
    ['model', /part of the series' name/],
    ['command.x', /has no names in it/],
  ])('a place that is not there (%s) is refused', (place, message) => {
    const expanded = expand(
      request.parse({
        tasks: [
          {
            task_id: 'a',
            executor: 'command',
            config: { command: ['sh', '-c', 'x'], env: { BUILD_ID: '1' } },
            not_in_series: [place],
          },
        ],
      }),
    );
    expect(expanded.ok ? '' : expanded.issues[0]?.message).toMatch(message);
  });
});

it('says what to write where the value is the commit or the branch of the run', () => {
  const story = (commit: string, more: Record<string, unknown> = {}): Task =>
    command({ command: ['python3', 'b.py', '--commit', commit], ...more });
  const source = { commit: 'abcdef0123456789', branch: 'feature/x' };
  for (const commit of ['abcdef0123456789', 'abcdef0']) {
    const differences = configDifferences(story('1111111'), story(commit), source);
    expect(
      newSeriesWords({ task_id: 'a', earlier_run_id: '01a20194-a157-7031', earlier_attempts: 7, differences }),
    ).toMatch(/Write \{commit\} in command\[3\]: it is filled in for each run, and the series goes on$/);
  }
  const [branch] = configDifferences(
    story('1', { env: { BRANCH: 'main' } }),
    story('1', { env: { BRANCH: 'feature/x' } }),
    source,
  );
  expect(branch).toMatchObject({ field: 'env.BRANCH', placeholder: 'branch' });
  expect(configDifferences(story('1'), story('2'), source)).not.toContainEqual(
    expect.objectContaining({ placeholder: 'commit' }),
  );
});

it('says how many results are not compared, why, and what to do', () => {
  const differences = [{ field: 'env.BUILD_ID', from: '"7"', to: '"8"', is_config: true }];
  const words = newSeriesWords({
    task_id: 'a',
    earlier_run_id: '01a20194-a157-7031',
    earlier_attempts: 7,
    differences,
  });
  expect(words).toBe(
    'a new series, its 7 earlier results are not compared with it: env.BUILD_ID differs ("7", now "8") since run 01a20194-a157. If that says nothing about what is measured: not_in_series: [env.BUILD_ID]',
  );
});
