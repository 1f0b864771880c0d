import { expect, test } from 'vitest';
import { placeInYaml, yamlErrors } from './place-in-yaml.ts';

const text = `name: nightly
tasks:
  - task_id: encoder
    config:
      model: ./encoder.onnx
      batch_sizes: [1, two]
`;
const at = (path: string): string => {
  const { from, to } = placeInYaml(text, path);
  return text.slice(from, to);
};

test('a path is found in the text, in both ways of writing it', () => {
  expect(at('tasks.0.config.model')).toBe('./encoder.onnx');
  expect(at('tasks[0].config.batch_sizes[1]')).toBe('two');
});

test('what is missing is shown at what is around it', () => {
  expect(at('tasks.0.retry_policy')).toBe('task_id: encoder');
  expect(at('nothing')).toBe('name: nightly');
});

test('broken YAML says where', () => {
  expect(yamlErrors('a: [1, 2\n')[0]).toMatchObject({ message: expect.stringContaining('Flow') });
  expect(yamlErrors(text)).toEqual([]);
});
