import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP connection's way to a server, on which bytes can get lost. */
export interface TcpProxy {
  port: number;
  /** Swallows what the server sends from now on, until `cut`. */
  deafen(): void;
  /** Breaks all connections; new ones get through. */
  cut(): void;
  /** Chunks to the server for which this is true get lost. */
  loses: (chunk: string) => boolean;
  stop(): Promise<void>;
}

export async function tcpProxy(target_port: number): Promise<TcpProxy> {
  let deaf = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target_port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (chunk) => {
      if (!proxy.loses(chunk.toString('latin1'))) far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (!deaf) near.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    deaf = false;
    for (const socket of sockets) socket.destroy();
  };
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    deafen: () => {
      deaf = true;
    },
    cut,
    loses: () => false,
    stop: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
