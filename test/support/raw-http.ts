import { connect } from 'node:net';

/** Writes bytes to a port and reads until the other side closes, or until a whole answer with a Content-Length is there. */
export async function rawHttp(
  port: number,
  ...parts: Array<string | Uint8Array>
): Promise<{ status: number; head: string; body: string }> {
  return await new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const finish = (): void => {
      const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s);
      socket.destroy();
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), head, body });
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s);
      const length = /content-length: (\d+)/i.exec(head)?.[1];
      if (length !== undefined && body.length >= Number(length)) finish();
    });
    socket.on('end', finish);
    socket.on('error', (error) => (text === '' ? reject(error) : finish()));
    void (async () => {
      for (const part of parts) {
        if (!socket.write(part)) await new Promise((drained) => socket.once('drain', drained));
      }
    })();
  });
}
