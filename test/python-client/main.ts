import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { pythonClient } from './generate.ts';

/** Writes the generated files of clients/python. */
for (const [name, text] of Object.entries(pythonClient()))
  writeFileSync(join(repositoryRoot, 'clients/python/src/benchwire', name), text);
