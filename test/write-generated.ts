import '@benchwire/shared/protocol/write-schemas.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { pythonClient } from './python-client/generate.ts';

/** `npm run schemas`: writes what is made of the contracts, the schemas in docs/protocol and the generated files of clients/python. */
for (const [name, text] of Object.entries(pythonClient()))
  writeFileSync(join(repositoryRoot, 'clients/python/src/benchwire', name), text);
