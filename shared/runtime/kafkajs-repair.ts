import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { lz4Decompress, snappyDecompress } from '@platformatic/wasm-utils';
import kafkajs from 'kafkajs';

/** What is used of kafkajs' inner class: its queue of requests to one broker. */
interface RequestQueue {
  pending: readonly unknown[];
  /** Epoch milliseconds until which the broker wants no requests; -1 when it takes them. */
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

let repaired = false;

/**
 * What kafkajs 2.2.4, its last version, lacks (docs/adr/010-kafka-client.md). The version is pinned for this. Idempotent.
 */
export function repairKafkajs(): void {
  if (repaired) return;
  repaired = true;
  readAllCompressions();
  dontScheduleIntoThePast();
}

/** Which compression the messages come with is their producer's choice, and kafkajs knows gzip alone. */
function readAllCompressions(): void {
  const { CompressionTypes, CompressionCodecs } = kafkajs;
  const unzstd = promisify(zstdDecompress);
  const reader = (decompress: (bytes: Buffer) => Buffer | Promise<Buffer>) => () => ({
    compress: async (): Promise<never> => {
      throw new Error('only read here: messages are sent as gzip');
    },
    decompress: async (bytes: Buffer): Promise<Buffer> => await decompress(bytes),
  });
  CompressionCodecs[CompressionTypes.Snappy] = reader(readSnappy);
  CompressionCodecs[CompressionTypes.LZ4] = reader(lz4Decompress);
  CompressionCodecs[CompressionTypes.ZSTD] = reader((bytes) => unzstd(bytes));
}

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
/** The magic and two version numbers. */
const XERIAL_HEADER_BYTES = 16;

/**
 * Java clients and the broker itself send snappy as xerial's snappy-java frames it: a header, then blocks, each behind
 * its length in four bytes. Others send one bare block.
 */
function readSnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return snappyDecompress(bytes);
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    at += 4;
    blocks.push(snappyDecompress(bytes.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat(blocks);
}

/**
 * After each answer kafkajs plans a look at its queue for the moment when the broker takes requests again, also when
 * that is in the past: with Node 24 a warning (tulios/kafkajs issue 1751), and always a timer for nothing.
 */
function dontScheduleIntoThePast(): void {
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
}
