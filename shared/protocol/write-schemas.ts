import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { protocolSchemas } from './json-schemas.ts';

/** `npm run schemas`: writes docs/protocol/*.schema.json anew. */
const folder = resolve(import.meta.dirname, '../../docs/protocol');
for (const [file, text] of protocolSchemas()) writeFileSync(resolve(folder, file), text);
