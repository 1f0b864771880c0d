import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { z } from 'zod';
import { STREAMS } from '../contracts/streams.ts';
import { loadConfig as load, type loadConfig, redacted } from './config.ts';
import { onStatus } from './connection-status.ts';
import { BenchwireError, ConfigError } from './errors.ts';
import { environmentWithSecrets } from './handed-secrets.ts';
import { Health } from './health.ts';
import { type ServiceHttp, startHttp } from './http.ts';
import { Scope } from './lifecycle.ts';
import { createLog, type Log } from './log.ts';
import { closeNats, connectNats, type NatsConnection, type NatsOptions } from './nats.ts';
import { publishThrough, StreamWriter } from './stream-writer.ts';
import { ensureStreams } from './streams.ts';

interface RequiredConfig extends NatsOptions {
  NATS_REPLICAS: number;
  NATS_STORE_MB?: number | undefined;
  HTTP_HOST: string;
  HTTP_PORT: number;
  LOG_LEVEL: string;
  LOG_FORMAT: 'pretty' | 'json' | 'auto';
  SHUTDOWN_SECONDS: number;
}

/** What a service gets to build itself from. */
export interface ServiceContext<C> {
  config: C;
  /** Whether the environment has a variable; else the configuration has its default. */
  isSet(variable: string): boolean;
  log: Log;
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  http: ServiceHttp;
  health: Health;
  /** Add here whatever was started. */
  scope: Scope;
}

export interface ServiceDefinition<S extends z.ZodObject> {
  name: string;
  config: S;
  /** Between two reports of its health while nothing changes; 30 s. Longer where there are thousands of instances. */
  health_interval_ms?: number;
  /** Leaves the streams to the others: a worker's NATS user may neither create nor change one. */
  keeps_off_streams?: boolean;
  /** Starts the service's parts and adds each to the scope. The service is ready when it resolves. */
  start(context: ServiceContext<z.infer<S>>): Promise<void>;
}

/**
 * Runs a service until SIGTERM, SIGINT or, where a parent started it with an IPC channel, the parent's end. Stops in
 * reverse order of the start within SHUTDOWN_SECONDS; a second signal, or a passed deadline, forces the exit.
 * Exit codes: 0 stopped in order, 78 wrong configuration, 1 anything else.
 */
export async function runService<S extends z.ZodObject>(definition: ServiceDefinition<S>): Promise<void> {
  let config: ReturnType<typeof loadConfig<S>> & RequiredConfig;
  const environment = await environmentWithSecrets();
  try {
    config = load(definition.config, environment) as typeof config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${definition.name}: ${error.message}\n`);
    process.exitCode = 78;
    return;
  }
  const log = createLog(definition.name, config);
  const scope = new Scope(log);
  const crash = (error: unknown): void => {
    log.fatal({ err: error }, 'unexpected error, exiting');
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  stopOnSignals(definition.name, scope, log, config.SHUTDOWN_SECONDS);

  try {
    const http = await startHttp(config, definition.name);
    scope.add('http', () => http.stop());
    const nats = await connectNats(definition.name, config, true, log);
    scope.add('nats', () => closeNats(nats));
    let connected = true;
    onStatus(nats, ({ type }) => {
      if (type === 'disconnect') connected = false;
      else if (type === 'reconnect') connected = true;
    });
    http.addReadiness('nats', () => (connected ? undefined : 'no connection to NATS'));
    const manager = await jetstreamManager(nats);
    if (definition.keeps_off_streams !== true) {
      const { NATS_REPLICAS: replicas, NATS_STORE_MB: store_mb } = config;
      const store_bytes = store_mb === undefined ? undefined : store_mb * 1e6;
      await ensureStreams(manager, STREAMS, { replicas, store_bytes });
    }
    const writer = new StreamWriter(nats, config.NATS_INBOX_PREFIX);
    scope.add('writer', () => writer.stop());
    const client = publishThrough(jetstream(nats), writer);
    const { name: service, health_interval_ms: interval_ms = 30_000 } = definition;
    const health = new Health({ service, http, nats, jetstream: client, manager, log, interval_ms });
    scope.add('health', () => health.stop());
    health.start();
    const isSet = (variable: string): boolean => (environment[variable] ?? '') !== '';
    await definition.start({ config, isSet, log, nats, jetstream: client, manager, http, health, scope });
    http.addReadiness('start', () => (stopping ? 'stopping' : undefined));
    log.debug({ config: redacted(definition.config, config) }, 'configuration');
    log.info({ port: http.port }, 'ready');
  } catch (error) {
    // Stopping while starting makes the start fail; that is no error.
    if (stopping) return;
    const known = error instanceof BenchwireError;
    log.fatal(known ? { code: error.code } : { err: error }, known ? error.message : 'could not start');
    await scope.stop().catch(() => undefined);
    process.exit(1);
  }
}

let stopping = false;

function stopOnSignals(name: string, scope: Scope, log: Log, deadline_seconds: number): void {
  const stop = (why: string): void => {
    if (stopping) {
      log.warn('second signal, exiting at once');
      process.exit(1);
    }
    stopping = true;
    log.info({ why }, `stopping ${name}`);
    const timer = setTimeout(() => {
      log.error(`not stopped within ${deadline_seconds} s, exiting`);
      process.exit(1);
    }, deadline_seconds * 1000);
    timer.unref();
    scope.stop().then(
      () => process.exit(process.exitCode ?? 0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  if (process.send !== undefined) process.once('disconnect', () => stopping || stop('the parent process is gone'));
}
