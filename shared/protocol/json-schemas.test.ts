import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { protocolSchemas } from './json-schemas.ts';

const folder = resolve(import.meta.dirname, '../../docs/protocol');

it('docs/protocol has the schemas as the contracts are now; `npm run schemas` writes them', () => {
  const written = readdirSync(folder).filter((file) => file.endsWith('.schema.json'));
  const schemas = protocolSchemas();
  expect(written.sort()).toEqual([...schemas.keys()].sort());
  for (const [file, text] of schemas) expect(readFileSync(resolve(folder, file), 'utf8'), file).toBe(text);
});
