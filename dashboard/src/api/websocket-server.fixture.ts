import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A WebSocket server for tests, of RFC 6455 as much as short text frames need. Frames are told and said as JSON. */
export interface TestServer {
  url: string;
  /** What clients have said since the start, in order. */
  heard: Record<string, unknown>[];
  say: (frame: object) => void;
  /** Cuts every connection, as a crash does. */
  cut: () => void;
  /** Leaves so many of the next connections without an answer. */
  ignoreNext: (count: number) => void;
  close: () => void;
}

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export async function startTestServer(): Promise<TestServer> {
  const heard: Record<string, unknown>[] = [];
  const sockets = new Set<Socket>();
  const server = createServer();
  let ignored = 0;
  server.on('upgrade', (request, socket: Socket) => {
    if (ignored-- > 0) {
      sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
      return;
    }
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${MAGIC}`).digest('base64');
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let rest = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (let frame = firstFrame(rest); frame !== undefined; frame = firstFrame(rest)) {
        rest = rest.subarray(frame.length);
        if (frame.opcode === 1) heard.push(JSON.parse(frame.payload.toString()));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    say: (frame) => {
      const payload = Buffer.from(JSON.stringify(frame));
      const head = Buffer.from([0x81, 126, payload.length >> 8, payload.length & 0xff]);
      for (const socket of sockets) socket.write(Buffer.concat([head, payload]));
    },
    cut,
    ignoreNext: (count) => {
      ignored = count;
    },
    close: () => {
      cut();
      server.close();
    },
  };
}

/** A client's frame is masked: two or four bytes of head, four of mask, the payload. */
function firstFrame(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | undefined {
  if (bytes.length < 6) return undefined;
  const short = bytes.readUInt8(1) & 0x7f;
  const at = short === 126 ? 4 : 2;
  const size = short === 126 ? bytes.readUInt16BE(2) : short;
  const length = at + 4 + size;
  if (bytes.length < length) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, length).map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return { opcode: bytes.readUInt8(0) & 0x0f, payload, length };
}
