import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
formats.default(ajv);
const known = new Map<string, ValidateFunction>();

/** What is wrong with a message by its schema in docs/protocol, as somebody else's validator sees it; empty when nothing is. */
export function problemsOf(name: string, message: unknown): string[] {
  let validate = known.get(name);
  if (validate === undefined) {
    const path = join(repositoryRoot, 'docs/protocol', `${name}.schema.json`);
    validate = ajv.compile(JSON.parse(readFileSync(path, 'utf8')));
    known.set(name, validate);
  }
  if (validate(message)) return [];
  return (validate.errors ?? []).map((error) => `${name}${error.instancePath}: ${error.message}`);
}
