import { expect, it } from 'vitest';
import { reportPathsOf } from './report-flags.ts';

it.each<[command: string, paths: string[]]>([
  ['pytest --junitxml=out/a.xml tests', ['out/a.xml']],
  ['python3 -m pytest --junit-xml a.xml', ['a.xml']],
  ['ctest --output-junit /tmp/b.xml', ['/tmp/b.xml']],
  ['./unit_tests --gtest_output=xml:c.xml', ['c.xml']],
  ['./unit_tests --gtest_output=xml:reports/', ['reports/*.xml']],
  ['./unit_tests --gtest_output=json:c.json', []],
  ['gotestsum --junitfile d.xml -- ./...', ['d.xml']],
  ['phpunit --log-junit e.xml', ['e.xml']],
  ['vitest run --reporter=junit --outputFile=f.xml', ['f.xml']],
  ['vitest run --reporter=json --outputFile=f.json', []],
  ['node --test --test-reporter=junit --test-reporter-destination=g.xml', ['g.xml']],
  ['node --test --test-reporter=junit --test-reporter-destination=stdout', []],
  ['mocha --reporter mocha-junit-reporter --reporter-options mochaFile=h.xml,toConsole=true', ['h.xml']],
  ['./catch -r junit -o i.xml', ['i.xml']],
  ['gcc -o main.xml main.c', []],
  ['pytest --junitxml', []],
  ['pytest --junitxml --verbose', []],
  ['pytest', []],
])('%s writes %j', (command, paths) => {
  expect(reportPathsOf(command.split(' '))).toEqual(paths);
});

it('is found inside of what a shell gets', () => {
  expect(reportPathsOf(['sh', '-c', 'cd /x && pytest --junitxml="a.xml" -q || true'])).toEqual(['a.xml']);
});
