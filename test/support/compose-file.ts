import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { parse } from 'yaml';
import { z } from 'zod';

const FILE = join(repositoryRoot, 'deploy/compose.yaml');

/** What the tests look at of a service in a compose file. */
const composeFile = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      build: z.object({ context: z.string(), dockerfile: z.string(), target: z.string() }).optional(),
      command: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.coerce.string()).prefault({}),
      ports: z.array(z.string()).prefault([]),
      volumes: z.array(z.string()).prefault([]),
      healthcheck: z.object({ test: z.string().optional() }).optional(),
      tmpfs: z.array(z.string()).prefault([]),
      logging: z.object({ driver: z.string(), options: z.record(z.string(), z.string()) }).optional(),
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).prefault({}),
      profiles: z.array(z.string()).optional(),
      deploy: z
        .object({
          replicas: z.int().optional(),
          resources: z.object({ limits: z.object({ memory: z.string() }) }).optional(),
        })
        .optional(),
    }),
  ),
  volumes: z.record(z.string(), z.null()),
});
export type ComposeFile = z.infer<typeof composeFile>;

/** compose.yaml's text with the variables put in, as the Compose specification says under "Interpolation". */
export function composeText(variables: Readonly<Record<string, string | undefined>>): string {
  return readFileSync(FILE, 'utf8').replaceAll(
    /\$(?:(\$)|\{(\w+)(?::([-?])([^}]*))?\})/g,
    (_, dollar?: string, name = '', kind?: string, rest = '') => {
      if (dollar !== undefined) return dollar;
      const value = variables[name];
      if (value !== undefined && value !== '') return value;
      if (kind === '?') throw new Error(`${name}: ${rest}`);
      return kind === '-' ? rest : '';
    },
  );
}

/** compose.yaml as Docker Compose sees it. */
export function readCompose(variables: Readonly<Record<string, string | undefined>>): ComposeFile {
  return composeFile.parse(parse(composeText(variables), { merge: true }));
}

/** compose.yaml as it is written: `${NATS_PASSWORD:?…}` and all. */
export function rawCompose(): ComposeFile {
  return composeFile.parse(parse(readFileSync(FILE, 'utf8'), { merge: true }));
}

/** What compose-env.sh writes into `.env`, made anew. */
export function freshVariables(): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'bw-compose-env-'));
  try {
    copyFileSync(join(repositoryRoot, 'deploy/compose-env.sh'), join(folder, 'compose-env.sh'));
    execFileSync('sh', [join(folder, 'compose-env.sh')]);
    return parseEnv(readFileSync(join(folder, '.env'), 'utf8')) as Record<string, string>;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
