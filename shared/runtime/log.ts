import { type Logger, pino, stdSerializers } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { isServerError } from './errors.ts';
import { withoutCredentials } from './server-url.ts';

export type Log = Logger;

export interface LogOptions {
  LOG_LEVEL: string;
  LOG_FORMAT: 'pretty' | 'json' | 'auto';
}

/** One logger per process: pretty in a terminal, one JSON object a line otherwise. Written synchronously, so nothing is lost at exit. */
export function createLog(service: string, options: LogOptions): Log {
  const pretty = options.LOG_FORMAT === 'pretty' || (options.LOG_FORMAT === 'auto' && process.stdout.isTTY === true);
  const settings = { level: options.LOG_LEVEL, base: { service }, serializers: { err: loggable } };
  if (!pretty) return pino(settings, pino.destination({ dest: 1, sync: true }));
  return pino(settings, PinoPretty({ sync: true, ignore: 'pid,hostname,service', translateTime: 'SYS:HH:MM:ss.l' }));
}

/** An error as it may be logged: client libraries put addresses with logins, or the whole AUTH command, into theirs. */
export function loggable(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { stack, ...rest } = stdSerializers.err(error);
  return cleaned(isServerError(error) ? rest : { ...rest, stack }, 0);
}

/** Nothing in an error is nested deeper, except by a loop. */
const MAX_DEPTH = 6;

function cleaned(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return withoutCredentials(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value)) return value.map((each) => cleaned(each, depth + 1));
  const entries = Object.entries(value).filter(([name]) => name !== 'args');
  return Object.fromEntries(entries.map(([name, each]) => [name, cleaned(each, depth + 1)]));
}
