import { createHash } from 'node:crypto';
import type { FilePart } from '../contracts/request-file.ts';

/** Of a model of one file the file's; of more that of the text which `sha256sum FILE…` prints for them (docs/requests-reference.md). */
export function sha256OfParts(parts: readonly Pick<FilePart, 'name' | 'sha256'>[]): string {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first.sha256;
  const lines = parts.map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}
