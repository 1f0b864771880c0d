import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstalledRunner } from '@benchwire/shared/contracts/runner.ts';

/** Makes a folder look as if an environment was installed in it. */
export async function putRunner(folder: string, facts: Partial<InstalledRunner> & { python: string }): Promise<void> {
  const name = facts.name ?? 'torch';
  const installed: InstalledRunner = {
    v: 1,
    name,
    build: 'cpu',
    python_version: '3',
    versions: {},
    classes: ['cpu'],
    lock_sha256: '',
    installed_at: new Date(0).toISOString(),
    ...facts,
  };
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'environment.json'), JSON.stringify(installed));
}
