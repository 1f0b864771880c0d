/** Reads reports in a thread of its own: a large or hostile one takes neither the worker's time nor its memory. */
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { TestCase } from '@benchwire/shared/contracts/test-results.ts';
import { junitCases, NotJunit } from './junit-cases.ts';

export interface ReadFile {
  name: string;
  cases?: TestCase[];
  /** Why it was not read. */
  problem?: string;
}

for (const { path, name } of workerData as Array<{ path: string; name: string }>) {
  let read: ReadFile;
  try {
    read = { name, cases: junitCases(decode(await readFile(path))) };
  } catch (error) {
    // Of anything else the message might have a part of the file in it.
    read = { name, problem: error instanceof NotJunit ? error.message : 'it could not be read' };
  }
  parentPort?.postMessage(read);
}

/** By its byte order mark, else as its first line says, else UTF-8. */
function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  const declared = /^[^>]{0,200}encoding\s*=\s*["']([\w.-]{1,40})["']/.exec(
    bytes.subarray(0, 256).toString('latin1'),
  )?.[1];
  try {
    return new TextDecoder(declared ?? 'utf-8').decode(bytes);
  } catch {
    return new TextDecoder('utf-8').decode(bytes);
  }
}
