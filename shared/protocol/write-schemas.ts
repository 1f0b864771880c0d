import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { withRouteTable } from './http-routes.ts';
import { protocolSchemas } from './json-schemas.ts';

/** `npm run schemas`: writes docs/protocol/*.schema.json and the table of routes in docs/http.md anew. */
const docs = resolve(import.meta.dirname, '../../docs');
for (const [file, text] of protocolSchemas()) writeFileSync(resolve(docs, 'protocol', file), text);
const http = resolve(docs, 'http.md');
writeFileSync(http, withRouteTable(readFileSync(http, 'utf8')));
