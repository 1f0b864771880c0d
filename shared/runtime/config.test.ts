import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  flag,
  keyValues,
  list,
  loadConfig,
  natsVariables,
  redacted,
  redisVariables,
  secret,
  serviceVariables,
} from './config.ts';
import { ConfigError } from './errors.ts';

const schema = z.object({
  ...natsVariables,
  ...redisVariables,
  ...serviceVariables,
  DEBUG: flag.prefault('no'),
  LABELS: keyValues.prefault(''),
  KEY: secret(z.string().min(8).optional()),
});

function errorOf(environment: Record<string, string>): string {
  try {
    loadConfig(schema, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  return '';
}

describe('loadConfig', () => {
  it('has defaults, and takes empty variables as absent', () => {
    expect(loadConfig(schema, { NATS_URL: '', HTTP_PORT: '' })).toMatchObject({
      NATS_URL: ['nats://127.0.0.1:4222'],
      NATS_REPLICAS: 1,
      REDIS_URL: 'redis://127.0.0.1:6379',
      HTTP_PORT: 0,
      LOG_LEVEL: 'info',
      DEBUG: false,
      LABELS: {},
    });
  });

  it('reads lists, flags and pairs', () => {
    const config = loadConfig(schema, { NATS_URL: 'nats://a:1, nats://b:2,', DEBUG: 'yes', LABELS: 'site=lab,a=b=c' });
    expect(config).toMatchObject({
      NATS_URL: ['nats://a:1', 'nats://b:2'],
      DEBUG: true,
      LABELS: { site: 'lab', a: 'b=c' },
    });
    expect(list.parse(' a , ,b')).toEqual(['a', 'b']);
  });

  it('names every wrong variable and what it was', () => {
    const message = errorOf({ HTTP_PORT: 'abc', LOG_LEVEL: 'loud', NATS_REPLICAS: '9', LABELS: 'x' });
    for (const text of [
      'HTTP_PORT is "abc"',
      'LOG_LEVEL is "loud"',
      '"debug"',
      'NATS_REPLICAS is "9"',
      '"x" is not key=value',
    ]) {
      expect(message).toContain(text);
    }
  });

  it('never shows a secret', () => {
    const message = errorOf({ KEY: 'hunter2', REDIS_URL: 'http://u:hunter2@x' });
    expect(message).toContain('KEY has a wrong value');
    expect(message).toContain('REDIS_URL has a wrong value');
    expect(message).not.toContain('hunter2');
    const config = loadConfig(schema, {
      KEY: 'hunter2hunter2',
      NATS_PASSWORD: 'hunter2',
      REDIS_URL: 'redis://u:hunter2@x',
      NATS_URL: 'nats://u:hunter2@x:1,nats://y',
    });
    expect(JSON.stringify(redacted(schema, config))).not.toContain('hunter2');
    expect(redacted(schema, config).NATS_URL).toEqual(['nats://x:1', 'nats://y']);
  });
});
