import { expect, test } from 'vitest';
import { platformPackages } from './native-packages.js';

const packages = {
  'node_modules/a': {
    optionalDependencies: {
      'a-darwin-arm64': '1.0.0',
      'a-linux-x64-gnu': '1.0.0',
      'a-linux-x64-musl': '1.0.0',
      'a-linux-arm-gnueabihf': '1.0.0',
      'a-win32-x64-msvc': '1.0.0',
      'a-wasm32-wasi': '1.0.0',
    },
  },
  'node_modules/@b/b': {
    optionalDependencies: { '@b/linux-arm64': '2.0.0', '@b/cli-linux-x64': '2.0.0', '@b/cli-linux-x64-musl': '2.0.0' },
  },
  'node_modules/c': { optionalDependencies: { fsevents: '3.0.0' } },
  'node_modules/d': {},
};

test.each([
  ['glibc', { os: 'linux', cpu: 'x64', musl: false }, ['a-linux-x64-gnu', '@b/cli-linux-x64']],
  ['musl', { os: 'linux', cpu: 'x64', musl: true }, ['a-linux-x64-musl', '@b/cli-linux-x64', '@b/cli-linux-x64-musl']],
  ['Apple silicon', { os: 'darwin', cpu: 'arm64', musl: false }, ['a-darwin-arm64']],
  ['Windows', { os: 'win32', cpu: 'x64', musl: false }, ['a-win32-x64-msvc']],
])('what %s needs', (_, platform, names) => {
  expect(platformPackages(packages, platform).map(({ name }) => name)).toEqual(names);
});
