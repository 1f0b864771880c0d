import { z } from 'zod';
import { sha256Hex } from '../ids.ts';
import { MAX_UPLOAD_BYTES } from '../limits.ts';
import { signatures } from './signature.ts';

const params = z.object({ sha256: sha256Hex });
const size_bytes = z.int();

/** Files that requests name by their hash (request-file.ts). Since 0.5. */
export const fileApi = signatures({
  'GET /api/files/:sha256': {
    role: 'submitter',
    summary: 'Whether the stack has a file of requests, and when one named it last',
    params,
    answer: z.object({ sha256: sha256Hex, size_bytes, used_at: z.string() }),
  },
  'PUT /api/files/:sha256': {
    role: 'submitter',
    summary: 'Upload a file that a request names then: its bytes as application/octet-stream, 200 where it was there',
    params,
    takes_bytes: true,
    max_body_bytes: MAX_UPLOAD_BYTES,
    answer: z.object({ sha256: sha256Hex, size_bytes, was_there: z.boolean() }),
    status: 201,
    other_status: 200,
  },
});
