import { Readable } from 'node:stream';
import type { fileApi } from '@benchwire/shared/contracts/api/files.ts';
import { uploadArtifact } from '@benchwire/shared/runtime/upload-artifact.ts';
import { HttpProblem, notFound } from '../problem.ts';
import type { Handlers } from './route.ts';

export const fileHandlers: Handlers<typeof fileApi> = {
  'GET /api/files/:sha256': async ({ gateway, params: { sha256 } }) => {
    const stored = await gateway.files.find(sha256);
    if (stored === undefined) throw notFound(`file with the sha256 ${sha256}`);
    return { sha256, size_bytes: stored.meta.size, used_at: stored.used_at.toISOString() };
  },

  'PUT /api/files/:sha256': async ({ gateway, params: { sha256 }, request, reply }) => {
    const content = request.body;
    if (!(content instanceof Readable))
      throw new HttpProblem(
        content === undefined ? 422 : 415,
        'FILE_MISSING',
        'The body of this route is the file itself, as application/octet-stream.',
      );
    const size_bytes = Number(request.headers['content-length']);
    const { files: store, jetstream: client } = gateway;
    const done = await uploadArtifact({ store, client, sha256, size_bytes, content });
    const was_there = done === 'was there';
    // What was there need not be read; what is left of the body would be taken for the next request.
    if (was_there) for await (const _ of content);
    reply.code(was_there ? 200 : 201);
    return { sha256, size_bytes, was_there };
  },
};
