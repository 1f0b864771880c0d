import { createRequire } from 'node:module';
import { zstdCompressSync } from 'node:zlib';
import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils';
import kafkajs from 'kafkajs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { repairKafkajs } from './kafkajs-repair.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;

beforeAll(() => {
  repairKafkajs();
  repairKafkajs();
});

/** Java's framing, in blocks as snappy-java cuts them; the integration tests read what a broker itself has packed. */
function xerial(bytes: Buffer, block: number): Buffer {
  const parts: Buffer[] = [Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])];
  for (let at = 0; at < bytes.length; at += block) {
    const packed = snappyCompress(bytes.subarray(at, at + block));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(packed.length);
    parts.push(length, packed);
  }
  return Buffer.concat(parts);
}

describe('kafkajs', () => {
  const text: Buffer = Buffer.from('{"tasks":[{"task_id":"a"}]}'.repeat(5000));

  it.each<[string, keyof typeof CompressionCodecs, Buffer]>([
    ['snappy in one block', CompressionTypes.Snappy, snappyCompress(text)],
    ['snappy as Java frames it', CompressionTypes.Snappy, xerial(text, 32_768)],
    ['lz4', CompressionTypes.LZ4, lz4Compress(text)],
    ['zstd', CompressionTypes.ZSTD, zstdCompressSync(text)],
  ])('reads %s', async (_, type, packed) => {
    const unpacked: Buffer = await CompressionCodecs[type]().decompress(packed);
    expect(unpacked.equals(text)).toBe(true);
  });

  it('plans no look into its queue for the past, and every other one', () => {
    const require = createRequire(import.meta.url);
    const { prototype } = require('kafkajs/src/network/requestQueue');
    const timer = vi.spyOn(globalThis, 'setTimeout');
    const planned = (queue: { pending: unknown[]; throttledUntil: number }): number => {
      timer.mockClear();
      prototype.scheduleCheckPendingRequests.call({
        ...queue,
        throttleCheckTimeoutId: null,
        checkPendingRequests() {},
      });
      return timer.mock.calls.length;
    };
    expect(planned({ pending: [], throttledUntil: -1 })).toBe(0);
    expect(planned({ pending: [1], throttledUntil: -1 })).toBe(1);
    expect(planned({ pending: [], throttledUntil: Date.now() + 1000 })).toBe(1);
    timer.mockRestore();
  });
});
