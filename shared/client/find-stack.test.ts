import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, UnreachableError } from '../runtime/errors.ts';
import { findStack as find } from './find-stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-settings-'));
const deep = join(folder, 'a', 'b');
const own = join(folder, 'own');
const nowhere = join(folder, 'nowhere');
const env = { NATS_URL: 'nats://127.0.0.1:9999', NATS_USER: 'u', NATS_PASSWORD: 'p', REDIS_URL: 'redis://x' };

const findStack = (
  nats_url: string | undefined,
  environment: Record<string, string>,
  working_directory: string,
  own_root: string,
) => find({ nats_url, environment, working_directory, own_root });

function stackIn(path: string, text: string): void {
  mkdirSync(join(path, '.benchwire'), { recursive: true });
  writeFileSync(join(path, '.benchwire', 'stack.json'), text);
}

beforeAll(() => {
  mkdirSync(deep, { recursive: true });
  stackIn(join(folder, 'a'), JSON.stringify({ v: 1, env }));
  stackIn(own, JSON.stringify({ env: { ...env, NATS_URL: 'nats://own:1' } }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('where the stack is', () => {
  it('stands in NATS_URL before all', () => {
    expect(findStack(undefined, { NATS_URL: 'nats://x:1' }, deep, own)).toMatchObject({
      options: { NATS_URL: ['nats://x:1'] },
      found_by: 'NATS_URL',
    });
  });
  it('stands in the stack.json of this folder or one above', () => {
    const found = findStack(undefined, {}, deep, own);
    expect(found.options).toMatchObject({ NATS_URL: ['nats://127.0.0.1:9999'], NATS_USER: 'u', NATS_PASSWORD: 'p' });
    expect(found.found_by).toBe(join(folder, 'a', '.benchwire', 'stack.json'));
  });
  it('stands in the data folder that was named', () => {
    const found = findStack(undefined, { BENCHWIRE_DATA_DIR: join(own, '.benchwire') }, deep, nowhere);
    expect(found.options.NATS_URL).toEqual(['nats://own:1']);
  });
  it('is no other one where the folder that was named has none', () => {
    const named = { BENCHWIRE_DATA_DIR: join(nowhere, 'data') };
    expect(() => findStack(undefined, named, deep, own)).toThrow(UnreachableError);
    expect(() => findStack(undefined, named, deep, own)).toThrow(
      `no stack runs on ${join(nowhere, 'data')}, which BENCHWIRE_DATA_DIR names`,
    );
    expect(() => findStack(undefined, { BENCHWIRE_DATA_DIR: '../own/data' }, join(folder, 'a'), own)).toThrow(
      join(folder, 'own', 'data'),
    );
    // An address counts more than the folder.
    expect(findStack('nats://other:1', named, deep, own).found_by).toBe('the address given');
    expect(findStack(undefined, { ...named, NATS_URL: 'nats://x:1' }, deep, own).found_by).toBe('NATS_URL');
  });
  it('is the stack of the folder that the client lies in, then the default', () => {
    expect(findStack(undefined, {}, folder, own).options.NATS_URL).toEqual(['nats://own:1']);
    expect(findStack(undefined, {}, folder, nowhere)).toMatchObject({
      options: { NATS_URL: ['nats://127.0.0.1:4222'] },
      found_by: 'the default',
    });
  });
  it('is at the address given, if one is; the credentials of the local stack go to that stack only', () => {
    expect(findStack('nats://other:1', { NATS_URL: 'nats://x:1' }, deep, own).options.NATS_USER).toBeUndefined();
    expect(findStack('nats://127.0.0.1:9999', {}, deep, own).options.NATS_PASSWORD).toBe('p');
  });
  it('can be unreadable, and then it says which file', () => {
    stackIn(nowhere, '{');
    expect(() => findStack(undefined, {}, nowhere, own)).toThrow(ConfigError);
    expect(() => findStack(undefined, {}, nowhere, own)).toThrow(/nowhere\/\.benchwire\/stack\.json/);
    rmSync(nowhere, { recursive: true });
  });

  it('says that a stack is only just starting, and looks elsewhere when the one that was died', () => {
    const starting = join(folder, 'starting', '.benchwire');
    mkdirSync(starting, { recursive: true });
    const lock = (pid: number) => writeFileSync(join(starting, 'stack.lock'), JSON.stringify({ pid }));
    lock(process.pid);
    expect(() => findStack(undefined, {}, dirname(starting), nowhere)).toThrow(/only just starting/);
    expect(findStack(undefined, {}, dirname(starting), own).found_by).toBe(join(own, '.benchwire/stack.json'));
    lock(2 ** 30);
    expect(findStack(undefined, {}, dirname(starting), nowhere).found_by).toBe('the default');
  });
});
