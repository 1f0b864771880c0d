import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';

/**
 * Programs and schemas that only tests need. Fetched once, by the package registries' own clients, into a cache outside
 * of the checkout, so that a fresh clone has them too; nothing is installed on the machine.
 */
const FOLDER = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'benchwire', 'test-tools');

/** Where something lies that was fetched, or why it can't be had here. */
export type Fetched = { path: string } | { missing: string };

/** Folder with `prometheus` and `promtool`, of Debian's package. */
export const prometheusPrograms = (): Fetched =>
  fetched('prometheus', 'usr/bin', (run) => {
    try {
      run('apt-get', 'download', 'prometheus');
    } catch {
      // The package lists may not have been fetched yet.
      run('apt-get', 'update');
      run('apt-get', 'download', 'prometheus');
    }
    run('sh', '-c', 'dpkg -x prometheus_*.deb . && rm prometheus_*.deb');
  });

/** JSON Schema of the Compose specification, in the Go module of its reference implementation. */
export const composeSchema = (): Fetched =>
  fetched('compose-spec', 'compose-spec.json', (run, folder) => {
    const schema = join(goModule(run, 'github.com/compose-spec/compose-go/v2@v2.16.2'), 'schema/compose-spec.json');
    writeFileSync(join(folder, 'compose-spec.json'), readFileSync(schema));
  });

/** JSON Schemas of Kubernetes' API, a folder per version, in the Python package kubernetes-validate. */
export const kubernetesSchemas = (): Fetched =>
  fetched('kubernetes', 'kubernetes_validate/kubernetes-json-schema', (run) => {
    run('python3', '-m', 'pip', 'download', '--quiet', '--no-deps', 'kubernetes-validate==1.37.0');
    run('sh', '-c', 'python3 -m zipfile -e kubernetes_validate-*.whl . && rm kubernetes_validate-*.whl');
    run('sh', '-c', 'rm -r kubernetes_validate/kubernetes-json-schema/*-local');
  });

/** KEDA's resource definitions, in its Go module. */
export const kedaDefinitions = (): Fetched =>
  fetched('keda', 'scaledobjects.yaml', (run, folder) => {
    const definitions = join(goModule(run, 'github.com/kedacore/keda/v2@v2.21.0'), 'config/crd/bases');
    writeFileSync(join(folder, 'scaledobjects.yaml'), readFileSync(join(definitions, 'keda.sh_scaledobjects.yaml')));
  });

/** Says why tests are skipped, if they are. */
export function tellIfMissing(what: string, thing: Fetched): void {
  if ('missing' in thing) console.warn(`${what}: skipped, ${thing.missing}`);
}

/** For a test that is skipped where the thing is missing. */
export function pathOf(thing: Fetched): string {
  if ('missing' in thing) throw new Error(thing.missing);
  return thing.path;
}

type Run = (program: string, ...args: string[]) => string;

function goModule(run: Run, module: string): string {
  return (JSON.parse(run('go', 'mod', 'download', '-json', module)) as { Dir: string }).Dir;
}

function fetched(name: string, path: string, fetchInto: (run: Run, folder: string) => void): Fetched {
  const folder = join(FOLDER, name);
  const result = { path: join(folder, path) };
  if (existsSync(join(folder, 'complete'))) return result;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const run: Run = (program, ...args) => execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  try {
    fetchInto(run, folder);
  } catch (error) {
    return { missing: `${name} can't be had here (${messageOf(error).split('\n')[0]})` };
  }
  writeFileSync(join(folder, 'complete'), '');
  return result;
}
