import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of a server, whose line can be cut while both ends believe in it. */
export interface TcpProxy {
  port: number;
  /**
   * Lets no byte through any more, either way, and accepts connections that lead nowhere: a network that drops packets.
   * What is sent meanwhile is kept, as the sender's TCP would, and arrives after `heal`.
   */
  cut(): void;
  /** What clients send, and this says true of, gets lost from now on. */
  lose(says: (text: string) => boolean): void;
  /** Whether a text is in what is kept. */
  keeps(text: string): boolean;
  /** Everything that was kept arrives now. */
  heal(): void;
  /** Ends every connection, as a firewall that forgets does; new ones are let through unless it is cut. */
  reset(): void;
  close(): Promise<void>;
}

async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  /** What to do once the line is whole again. */
  let kept: Array<{ act: () => void; bytes: Buffer | undefined }> = [];
  let isCut = false;
  let isLost = (_text: string): boolean => false;

  const whenWhole = (act: () => void, bytes?: Buffer): void => {
    if (isCut) kept.push({ act, bytes });
    else act();
  };
  const forward = (from: Socket, to: Socket, isWhole: (bytes: Buffer) => boolean = () => true): void => {
    from.on('data', (bytes: Buffer) => {
      if (isWhole(bytes)) whenWhole(() => to.write(bytes), bytes);
    });
    from.on('close', () => whenWhole(() => to.destroy()));
    from.on('error', () => undefined);
  };
  const server = createServer((client) => {
    sockets.add(client);
    client.once('close', () => sockets.delete(client));
    client.on('error', () => undefined);
    client.pause();
    whenWhole(() => {
      const upstream = connect(target);
      sockets.add(upstream);
      upstream.once('close', () => sockets.delete(upstream));
      forward(client, upstream, (bytes) => !isLost(bytes.toString('latin1')));
      forward(upstream, client);
      client.resume();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
    },
    lose: (says) => {
      isLost = says;
    },
    keeps: (text) => kept.some(({ bytes }) => bytes?.includes(text) === true),
    heal: () => {
      isCut = false;
      const late = kept;
      kept = [];
      for (const { act } of late) act();
    },
    reset,
    close: async () => {
      kept = [];
      reset();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The same URL, through the proxy. */
export function through(url: string, proxy: TcpProxy): string {
  const parsed = new URL(url);
  parsed.host = `127.0.0.1:${proxy.port}`;
  return parsed.href;
}

/** A proxy in front of the server that a URL names. */
export async function proxyOf(url: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(url);
  return await startTcpProxy({ host: hostname, port: Number(port) });
}
