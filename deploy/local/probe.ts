import { converse } from './probe-socket.ts';

/** Where a server is and how to be let in. */
export interface Address {
  host: string;
  port: number;
  user?: string | undefined;
  password?: string | undefined;
  token?: string | undefined;
  /** Speaks TLS from the first byte, or is let in by keys: only looked whether something listens. */
  opaque?: boolean;
  /** The name that NATS has to have, where no other one on that port will do. */
  server_name?: string;
}

/**
 * Whether a NATS server with JetStream is there that lets us in.
 * @throws Error with the reason
 */
export async function probeNats(address: Address, timeout_ms: number): Promise<void> {
  let asked = false;
  await converse({
    ...address,
    timeout_ms,
    answer: (received) => {
      if (address.opaque === true) return { done: true };
      if (received === '') return undefined;
      if (!received.startsWith('INFO ')) throw new Error('something else than NATS answers there');
      if (!received.includes('\r\n')) return undefined;
      const info = JSON.parse(received.slice(5, received.indexOf('\r\n')));
      if (address.server_name !== undefined && info.server_name !== address.server_name) {
        throw new Error('another NATS server answers there');
      }
      if (info.jetstream !== true) throw new Error('this NATS server runs without JetStream (start it with -js)');
      if (info.tls_required === true) return { done: true };
      if (received.includes("-ERR 'Authorization")) throw new Error(refused(address, 'NATS_USER and NATS_PASSWORD'));
      if (received.includes('PONG')) return { done: true };
      if (asked) return undefined;
      asked = true;
      const { user, password: pass, token: auth_token } = address;
      const options = { verbose: false, pedantic: false, lang: 'benchwire', version: '1', user, pass, auth_token };
      return { send: `CONNECT ${JSON.stringify(options)}\r\nPING\r\n` };
    },
  });
}

/**
 * Whether a Redis server is there that lets us in and has read its data.
 * @throws Error with the reason
 */
export async function probeRedis(address: Address, timeout_ms: number): Promise<void> {
  const { user, password } = address;
  const login = password === undefined ? '' : command('AUTH', ...(user ? [user] : []), password);
  await converse({
    ...address,
    timeout_ms,
    ...(address.opaque === true ? {} : { greeting: login + command('PING') }),
    answer: (received) => {
      if (address.opaque === true) return { done: true };
      // Also proves that it is ours and not another one that got the port first: that wouldn't know the password.
      if (received.startsWith('-ERR')) throw new Error('it knows no password: take it out of REDIS_URL');
      if (received.includes('+PONG')) return { done: true };
      if (/^-(NOAUTH|WRONGPASS)/m.test(received))
        throw new Error(refused(address, 'the user and password in REDIS_URL'));
      if (received.includes('-LOADING')) throw new Error('it is still reading its data');
      if (received !== '' && !/^[+\-:$*]/.test(received)) throw new Error('something else than Redis answers there');
      return undefined;
    },
  });
}

/** In RESP, Redis's protocol, so that a password may hold any character. */
function command(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

function refused(address: Address, what: string): string {
  const none = address.password === undefined && address.token === undefined;
  return none ? `it wants credentials: set ${what}` : `it refuses the credentials: check ${what}`;
}
