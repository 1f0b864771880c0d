import type { Capabilities } from '@benchwire/shared/contracts/worker.ts';
import { UnreachableError } from '@benchwire/shared/runtime/errors.ts';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { createStyle } from '../terminal/style.ts';
import { offerTable } from './offer-table.ts';
import { redisFromHere } from './way-in.ts';
import { loginEnvironment, offerEnvironment, workerEnvironment } from './worker-environment.ts';

const told = 'redis://worker:s%40fe@10.0.0.5:6379';
const from = (nats_url: string, redis?: string) => ({ nats_urls: [nats_url], redis });

describe('where Redis is', () => {
  it('is what the stack says', () => {
    expect(redisFromHere(told, from('nats://10.0.0.5:4222'))).toBe(told);
  });

  it('is what the user says, with the login that the stack gave where there is none', () => {
    expect(redisFromHere(told, from('nats://hub', 'redis://hub:7000'))).toBe('redis://worker:s%40fe@hub:7000');
    expect(redisFromHere(told, from('nats://hub', 'rediss://:own@hub'))).toBe('rediss://:own@hub');
    expect(redisFromHere('redis://hub', from('nats://hub', 'redis://other:1'))).toBe('redis://other:1');
  });

  it.each(['hub:6379', 'http://hub', 'redis://', 'hub'])('is no address: %s', (redis) => {
    expect(() => redisFromHere(told, from('nats://hub', redis))).toThrow(UsageError);
  });

  it.each(['127.0.0.1', '127.0.1.1', 'localhost', '[::1]'])('cannot be %s for another machine', (host) => {
    const advertised = `redis://:secret@${host}:6379`;
    expect(() => redisFromHere(advertised, from('nats://10.0.0.5:4222'))).toThrow(UnreachableError);
    expect(() => redisFromHere(advertised, from('nats://10.0.0.5:4222'))).toThrow(/--share[\s\S]*WORKER_REDIS_URL/);
    expect(() => redisFromHere(advertised, from('hub:4222'))).toThrow(/^(?!.*secret)/);
    // The same machine, or a tunnel to both.
    expect(redisFromHere(advertised, from('nats://localhost:4222'))).toBe(advertised);
  });
});

describe('the environment of a worker', () => {
  const nats = { NATS_URL: ['nats://a:1', 'nats://b:1'], NATS_USER: 'u', NATS_TOKEN: undefined };
  const way_in = { REDIS_URL: told, REDIS_PREFIX: 'p', NATS_REPLICAS: '3' };
  const nothing = { label: [], slots: undefined, allow: [], class: [], id: undefined };

  it('is what the options say, over what the user has set', () => {
    const options = { label: ['site=lab', 'a=b=c'], slots: 2, allow: ['sh', '/bin/x'], class: ['cpu'], id: 'w' };
    const own = {
      WORKER_SLOTS: '9',
      WORKER_MODEL_DIRS: '/m',
      REDIS_URL: 'redis://old',
      NATS_TOKEN: 'old',
      LOG_LEVEL: '',
    };
    expect(workerEnvironment(own, nats, way_in, offerEnvironment(options))).toMatchObject({
      NATS_URL: 'nats://a:1,nats://b:1',
      NATS_USER: 'u',
      NATS_TOKEN: undefined,
      ...way_in,
      WORKER_LABELS: 'site=lab,a=b=c',
      WORKER_SLOTS: '2',
      WORKER_COMMANDS: 'sh,/bin/x',
      WORKER_CLASSES: 'cpu',
      WORKER_ID: 'w',
      WORKER_MODEL_DIRS: '/m',
      LOG_LEVEL: 'warn',
    });
    expect(workerEnvironment(own, nats, way_in, offerEnvironment(nothing)).WORKER_SLOTS).toBe('9');
  });

  it.each([
    [{ label: ['site'] }, /KEY=VALUE, not "site"/],
    [{ label: ['a=1,2'] }, /has a comma/],
    [{ allow: ['a,b'] }, /--allow once for each/],
    [{ class: ['cdua'] }, /no hardware class "cdua".*cuda/],
  ])('refuses %j', (options, message) => {
    expect(() => offerEnvironment({ ...nothing, ...options })).toThrow(message);
  });

  it('has the login of --join, and it counts more than variables', () => {
    const variables = { NATS_USER: 'x', NATS_PASSWORD: 'x', PATH: '/bin' };
    const login = (options: object) =>
      loginEnvironment({ join: undefined, token: undefined, creds: undefined, ...options }, variables, '/home');
    expect(login({ join: 'nats://me:p%2Fw@hub:4222' })).toMatchObject({ NATS_USER: 'me', NATS_PASSWORD: 'p/w' });
    expect(login({ join: 'nats://me@hub:4222' })).toMatchObject({ NATS_USER: 'me', NATS_PASSWORD: 'x' });
    expect(login({ token: 't', creds: 'a.creds' })).toEqual({
      ...variables,
      NATS_INBOX_PREFIX: '_INBOX.worker',
      NATS_TOKEN: 't',
      NATS_CREDS_FILE: '/home/a.creds',
    });
    for (const join of ['hub:4222', 'http://hub', 'nats://']) expect(() => login({ join })).toThrow(UsageError);
  });
});

it('says what is offered, and who else is in the pool', () => {
  const device = (device_id: string, pool: string): Capabilities['devices'][number] => ({
    device_id,
    class: 'cpu',
    name: 'AMD EPYC, 2 cores',
    fingerprint: 'f',
    pool,
    memory_gb: 23.54,
    cuda_compute: null,
    slots: 1,
    executors: ['command', 'noop'],
    commands: ['sh', '/usr/bin/sh'],
    labels: { site: 'lab' },
    environment: {},
  });
  const devices = [device('cpu-0', 'cpu-1'), device('cpu-1', 'cpu-2'), device('cpu-2', 'cpu-3')];
  const capabilities = {
    v: 1 as const,
    worker_id: 'w',
    boot_id: 'b',
    hostname: 'h',
    started_at: '',
    version: '',
    devices,
  };
  const mates = new Map([
    ['cpu-1', 0],
    ['cpu-2', 1],
    ['cpu-3', 7],
  ]);
  expect(offerTable(capabilities, mates, createStyle(false), undefined).join('\n')).toMatch(
    /cpu-0 +cpu +AMD EPYC, 2 cores +23\.5 +1 +command, noop +sh +site=lab +cpu-1 +a new pool\n.* +1 other worker\n.* +7 other workers/,
  );
});
