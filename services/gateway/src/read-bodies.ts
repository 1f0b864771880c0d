import type { WrittenText } from '@benchwire/shared/request-text/read-request-text.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readBody } from './decide/read-request.ts';
import { HttpProblem } from './problem.ts';

const TYPES = {
  json: ['application/json'],
  yaml: ['application/yaml', 'text/yaml', 'application/x-yaml'],
} as const;
type Format = keyof typeof TYPES;

/** Of a body that is refused, this much is still read and thrown away, so that the client reads the answer and no broken pipe. */
const MAX_DRAINED_BYTES = 64 * 1024 * 1024;

const sources = new WeakMap<FastifyRequest, WrittenText['sources']>();

/**
 * Bodies are read as requests are read at every other door: nothing that was written is lost or changed silently. No more of
 * them is read than the route takes.
 * @param pay - called with the size before a body is parsed; throws where the caller has sent too much
 */
export function readBodies(
  app: FastifyInstance,
  pay: (request: FastifyRequest, bytes: number, format: Format) => void,
): void {
  app.removeAllContentTypeParsers();
  for (const [format, types] of Object.entries(TYPES) as [Format, readonly string[]][]) {
    app.addContentTypeParser([...types], async (request: FastifyRequest, payload: NodeJS.ReadableStream) => {
      const bytes = await collect(request, payload);
      pay(request, bytes.length, format);
      const written = readBody(bytes, format);
      sources.set(request, written.sources);
      return written.value;
    });
  }
}

/** A file's bytes go on as they come; every other route refuses them. @param pay - as for other bodies, before anything is read */
export function readFiles(app: FastifyInstance, pay: (request: FastifyRequest, bytes: number) => void): void {
  app.addContentTypeParser(
    'application/octet-stream',
    async (request: FastifyRequest, payload: NodeJS.ReadableStream) => {
      const { bodyLimit: most, config } = request.routeOptions;
      if (!('takes_bytes' in config) || config.takes_bytes !== true)
        throw new HttpProblem(415, 'TYPE_NOT_TAKEN', 'This route takes application/json or application/yaml.');
      const size = Number(request.headers['content-length'] ?? Number.NaN);
      if (!Number.isInteger(size))
        throw new HttpProblem(400, 'LENGTH_MISSING', 'A file needs the header Content-Length.');
      if (size > most) throw tooLarge(request, most);
      pay(request, size);
      return payload;
    },
  );
}

/** Scalars of a request's body as they were written, for messages. */
export function sourcesOf(request: FastifyRequest): WrittenText['sources'] {
  return sources.get(request) ?? new Map();
}

/** @throws HttpProblem 413 as soon as it is more than the route takes */
async function collect(request: FastifyRequest, payload: NodeJS.ReadableStream): Promise<Buffer> {
  const { bodyLimit: most } = request.routeOptions;
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge(request, most);
  const chunks: Buffer[] = [];
  let size = 0;
  return await new Promise((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= most) return;
      payload.removeListener('data', take);
      // Nothing more is decompressed of it.
      if (payload !== request.raw) request.raw.unpipe();
      payload.pause();
      chunks.length = 0;
      reject(tooLarge(request, most));
    };
    payload.on('data', take);
    payload.once('end', () => resolve(Buffer.concat(chunks, size)));
    payload.once('error', (error: Error & { statusCode?: number }) => {
      const { statusCode = 400 } = error;
      reject(
        error instanceof HttpProblem
          ? error
          : new HttpProblem(statusCode, 'BODY_INVALID', `The body can't be read: ${error.message}.`),
      );
    });
  });
}

function tooLarge({ raw }: FastifyRequest, most: number): HttpProblem {
  let drained = 0;
  raw.on('data', (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > MAX_DRAINED_BYTES) raw.destroy();
  });
  raw.resume();
  return new HttpProblem(413, 'BODY_TOO_LARGE', `The body is too large: this route takes ${most} bytes.`);
}
