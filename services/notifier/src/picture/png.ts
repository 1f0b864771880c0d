import { crc32, deflateSync } from 'node:zlib';
import type { Canvas } from './canvas.ts';

/** Sixteen steps for each colour: what the eye does not see, compression does. */
const STEP = 17;

/** A PNG (ISO/IEC 15948) of 8 bits a channel without transparency. */
export function pngOf({ width, height, pixels }: Canvas): Buffer {
  const row = width * 3;
  const filtered = Buffer.alloc((row + 1) * height);
  for (let y = 0; y < height; y++) {
    const at = y * (row + 1);
    // Filter 2: each row as its difference from the one above.
    filtered[at] = 2;
    for (let x = 0; x < row; x++) {
      const above = y === 0 ? 0 : stepped(pixels[(y - 1) * row + x]);
      filtered[at + 1 + x] = stepped(pixels[y * row + x]) - above;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filtered, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const stepped = (value = 255): number => Math.round(value / STEP) * STEP;

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
