import { createConnection } from 'node:net';

export interface Exchange {
  host: string;
  port: number;
  /** What to send first; some servers speak first. */
  greeting?: string;
  /** Sees everything received so far; tells what to send, or that the exchange is over, or (undefined) to wait for more. */
  answer: (received: string) => { send: string } | { done: true } | undefined;
  timeout_ms: number;
}

/**
 * One short conversation with a server in plain text, without a client library: to see whether it is there.
 * @throws Error with the reason: refused, unknown host, silent
 */
export function converse({ host, port, greeting, answer, timeout_ms }: Exchange): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port });
    let received = '';
    const end = (error?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    const timer = setTimeout(() => end(new Error(`no answer within ${timeout_ms / 1000} s`)), timeout_ms);
    const advance = (): void => {
      try {
        const step = answer(received);
        if (step === undefined) return;
        if ('done' in step) end();
        else socket.write(step.send);
      } catch (error) {
        end(error instanceof Error ? error : new Error(String(error)));
      }
    };
    socket.setEncoding('utf8');
    socket.once('connect', () => {
      if (greeting !== undefined) socket.write(greeting);
      advance();
    });
    socket.on('data', (text: string) => {
      received += text;
      advance();
    });
    socket.once('error', (error) => end(explain(error)));
    socket.once('close', () => end(new Error('the connection was closed')));
  });
}

function explain(error: NodeJS.ErrnoException): Error {
  switch (error.code) {
    case 'ECONNREFUSED':
      return new Error('connection refused: nothing listens there');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Error('the host name is unknown');
    default:
      return error;
  }
}
