import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { cacheFolder } from './cache.ts';

/**
 * Programs and schemas that only tests need. Fetched once, by the package registries' own clients; nothing is
 * installed on the machine.
 */
const FOLDER = cacheFolder('test-tools');

/** A registry that does not answer must not hold up the tests for ever. */
const FETCHING_MS = 5 * 60_000;

/** Where something lies that was fetched, or why it can't be had here. */
export type Fetched = { path: string } | { missing: string };

/** Folder with `prometheus` and `promtool`: installed ones, else those of Debian's package. */
export const prometheusPrograms = (): Fetched =>
  installed('prometheus', 'promtool') ??
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

/** JSON Schemas of the CI providers' pipeline files (SchemaStore's, GitLab's, Microsoft's), in the Python package check-jsonschema. */
export const pipelineSchemas = (): Fetched =>
  fetched('pipelines', 'check_jsonschema/builtin_schemas/vendor', (run) => {
    run('python3', '-m', 'pip', 'download', '--quiet', '--no-deps', 'check-jsonschema==0.39.0');
    run('sh', '-c', 'python3 -m zipfile -e check_jsonschema-*.whl . && rm check_jsonschema-*.whl');
  });

/** KEDA's resource definitions, in its Go module. */
export const kedaDefinitions = (): Fetched =>
  fetched('keda', 'scaledobjects.yaml', (run, folder) => {
    const definitions = join(goModule(run, 'github.com/kedacore/keda/v2@v2.21.0'), 'config/crd/bases');
    writeFileSync(join(folder, 'scaledobjects.yaml'), readFileSync(join(definitions, 'keda.sh_scaledobjects.yaml')));
  });

/** `kubectl kustomize`, or `kustomize build` where there is no kubectl of today: put a folder behind it. */
export function kustomize(): Fetched & { command?: string[] } {
  const kubectl = spawnSync('kubectl', ['version', '--client', '--output=json'], { encoding: 'utf8', timeout: 30_000 });
  // Before 1.21 its kustomize is one of 2019, which does not know components.
  const [, major, minor] = /"gitVersion": "v(\d+)\.(\d+)/.exec(kubectl.stdout ?? '') ?? [];
  if (Number(major) === 1 && Number(minor) >= 21) return { path: 'kubectl', command: ['kubectl', 'kustomize'] };
  const program =
    installed('kustomize') ??
    fetched('kustomize', '.', (run, folder) => {
      const caches = { GOBIN: folder, GOCACHE: join(folder, 'cache'), GOMODCACHE: join(folder, 'modules') };
      const variables = Object.entries({ ...caches, GOFLAGS: '-modcacherw', CGO_ENABLED: '0' });
      const settings = variables.map(([name, value]) => `${name}=${value}`);
      run('env', ...settings, 'go', 'install', 'sigs.k8s.io/kustomize/kustomize/v5@v5.6.0');
      for (const each of ['cache', 'modules']) rmSync(join(folder, each), { recursive: true, force: true });
    });
  return 'missing' in program ? program : { ...program, command: [join(program.path, 'kustomize'), 'build'] };
}

/** Why a thing is missing; undefined when it is not. */
export const whyNot = (thing: Fetched): string | undefined => ('missing' in thing ? thing.missing : undefined);

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

/** The folder of PATH that has all of these programs. */
function installed(...programs: readonly string[]): Fetched | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const path = folders.find((folder) => programs.every((program) => existsSync(join(folder, program))));
  return path === undefined ? undefined : { path };
}

function goModule(run: Run, module: string): string {
  return (JSON.parse(run('go', 'mod', 'download', '-json', module)) as { Dir: string }).Dir;
}

function fetched(name: string, path: string, fetchInto: (run: Run, folder: string) => void): Fetched {
  const folder = join(FOLDER, name);
  const result = { path: join(folder, path) };
  if (existsSync(join(folder, 'complete'))) return result;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const options = { cwd: folder, encoding: 'utf8', stdio: 'pipe', timeout: FETCHING_MS } as const;
  const run: Run = (program, ...args) => execFileSync(program, args, options);
  try {
    fetchInto(run, folder);
  } catch (error) {
    return { missing: `${name} can't be had here (${messageOf(error).split('\n')[0]})` };
  }
  writeFileSync(join(folder, 'complete'), '');
  return result;
}
