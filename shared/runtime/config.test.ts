import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  flag,
  kafkaVariables,
  keyValues,
  list,
  loadConfig,
  natsVariables,
  redacted,
  redisVariables,
  secret,
  serviceVariables,
  withKafkaRules,
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
      'takes one of',
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

describe('the Kafka variables', () => {
  const kafka = withKafkaRules(z.object(kafkaVariables));
  const wrong = (environment: Record<string, string>): string => {
    try {
      loadConfig(kafka, environment);
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
    }
    return '';
  };

  it('are off without brokers, and take addresses with and without a port', () => {
    expect(loadConfig(kafka, {})).toEqual({ KAFKA_CLIENT_ID: 'benchwire', KAFKA_TLS: false });
    expect(loadConfig(kafka, { KAFKA_BROKERS: 'a:9092, b' })).toMatchObject({ KAFKA_BROKERS: ['a:9092', 'b'] });
    for (const text of ['kafka://a:9092', ',', 'a b', '[::1]:9092']) {
      expect(wrong({ KAFKA_BROKERS: text }), text).toContain('KAFKA_BROKERS');
    }
  });

  it('name what a login or a certificate lacks', () => {
    const login = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' };
    expect(wrong(login)).toBe('');
    for (const [name, value] of Object.entries(login)) {
      const others = Object.keys(login).filter((each) => each !== name);
      const message = wrong({ [name]: value });
      for (const other of others) expect(message).toContain(`${other} is missing: ${name} needs it too`);
    }
    expect(wrong({ KAFKA_TLS_CERT_FILE: 'c' })).toContain('KAFKA_TLS_KEY_FILE is missing');
    expect(wrong({ ...login, KAFKA_SASL_MECHANISM: 'gssapi' })).toContain('KAFKA_SASL_MECHANISM is "gssapi"');
  });
});
