import type { WrittenText } from '@benchwire/shared/request-text/read-request-text.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readBody } from './decide/read-request.ts';

const TYPES = {
  json: ['application/json'],
  yaml: ['application/yaml', 'text/yaml', 'application/x-yaml'],
} as const;

const sources = new WeakMap<FastifyRequest, WrittenText['sources']>();

/** Bodies are read as requests are read at every other door: nothing that was written is lost or changed silently. */
export function readBodies(app: FastifyInstance): void {
  app.removeContentTypeParser(['application/json']);
  for (const [format, types] of Object.entries(TYPES) as [keyof typeof TYPES, readonly string[]][]) {
    app.addContentTypeParser([...types], { parseAs: 'string' }, async (request: FastifyRequest, body: string) => {
      const written = readBody(body, format);
      sources.set(request, written.sources);
      return written.value;
    });
  }
}

/** Scalars of a request's body as they were written, for messages. */
export function sourcesOf(request: FastifyRequest): WrittenText['sources'] {
  return sources.get(request) ?? new Map();
}
