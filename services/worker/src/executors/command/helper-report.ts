import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** What keep-together.pl says of its program. */
interface HelperWords {
  /** Absent when the helper was killed before it could say so. */
  ended?: { code: number | null; signal: NodeJS.Signals | null; left: number };
}

export interface HelperReport {
  /** Resolves when the helper has nothing more to say. */
  finished: Promise<HelperWords>;
}

/** Reads the helper's lines; the format is told in keep-together.pl. */
export function readHelperReport(stream: Readable | undefined): HelperReport {
  return { finished: stream === undefined ? Promise.resolve({}) : readWords(stream) };
}

async function readWords(stream: Readable): Promise<HelperWords> {
  const words: HelperWords = {};
  try {
    for await (const line of createInterface({ input: stream })) {
      const [, kind, number = '', left = ''] = /^end (code|signal) (\d+) (\d+)$/.exec(line) ?? [];
      if (kind === undefined) continue;
      const is_code = kind === 'code';
      words.ended = {
        code: is_code ? Number(number) : null,
        signal: is_code ? null : signalOf(Number(number)),
        left: Number(left),
      };
    }
  } catch {
    // Broken off with the helper.
  }
  return words;
}

function signalOf(number: number): NodeJS.Signals {
  const entry = Object.entries(constants.signals).find(([, each]) => each === number);
  return (entry?.[0] ?? 'SIGKILL') as NodeJS.Signals;
}
