import { type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

export type Log = Logger;

export interface LogOptions {
  LOG_LEVEL: string;
  LOG_FORMAT: 'pretty' | 'json' | 'auto';
}

/** One logger per process: pretty in a terminal, one JSON object a line otherwise. Written synchronously, so nothing is lost at exit. */
export function createLog(service: string, options: LogOptions): Log {
  const pretty = options.LOG_FORMAT === 'pretty' || (options.LOG_FORMAT === 'auto' && process.stdout.isTTY === true);
  const settings = { level: options.LOG_LEVEL, base: { service } };
  if (!pretty) return pino(settings, pino.destination({ dest: 1, sync: true }));
  return pino(settings, PinoPretty({ sync: true, ignore: 'pid,hostname,service', translateTime: 'SYS:HH:MM:ss.l' }));
}
