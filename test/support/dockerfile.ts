import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, isAbsolute, join, matchesGlob, relative } from 'node:path';

/** One instruction of a Dockerfile: `COPY`, its flags (`--from=…`), and the rest of the line. */
interface Instruction {
  name: string;
  flags: Record<string, string>;
  rest: string;
}

/** What an image is made of, its file system being an ordinary folder. */
export interface Image {
  /** `/` of the image. */
  root: string;
  env: Record<string, string>;
  workdir: string;
  user: string;
  entrypoint: string[];
  healthcheck: string[];
  stopsignal: string;
  /** The image that it is built on in the end. */
  base: string;
}

/**
 * Builds the targets of a Dockerfile without a container engine: every COPY and every RUN is carried out, each stage in
 * a folder of its own that stands for its `/`. A RUN uses this machine's programs. Knows what ours uses, no more.
 */
export class ImageBuilder {
  readonly stages: ReadonlyMap<string, readonly Instruction[]>;
  readonly #context: string;
  readonly #ignored: (path: string) => boolean;
  readonly #folder: string;
  readonly #built = new Map<string, Promise<Image>>();

  constructor(dockerfile: string, context: string, folder: string) {
    this.stages = stagesOf(readFileSync(dockerfile, 'utf8'));
    this.#context = context;
    this.#ignored = ignoredBy(readFileSync(join(context, '.dockerignore'), 'utf8'));
    this.#folder = folder;
  }

  build(target: string): Promise<Image> {
    const known = this.#built.get(target);
    if (known !== undefined) return known;
    const building = this.#build(target);
    this.#built.set(target, building);
    return building;
  }

  async #build(target: string): Promise<Image> {
    const [from, ...instructions] = this.stages.get(target) ?? [];
    if (from === undefined) throw new Error(`the Dockerfile has no stage ${target}`);
    const [parent = ''] = from.rest.split(/\s+/);
    const image = await this.#startFrom(parent, join(this.#folder, target));
    for (const instruction of instructions) await this.#apply(image, instruction);
    return image;
  }

  async #startFrom(parent: string, root: string): Promise<Image> {
    mkdirSync(root, { recursive: true });
    if (!this.stages.has(parent)) {
      const empty = { env: {}, workdir: '/', user: 'root', entrypoint: [], healthcheck: [], stopsignal: 'SIGTERM' };
      return { ...empty, root, base: parent };
    }
    const image = await this.build(parent);
    copy(image.root, root);
    return { ...image, root, env: { ...image.env } };
  }

  async #apply(image: Image, { name, flags, rest }: Instruction): Promise<void> {
    switch (name) {
      case 'WORKDIR':
        image.workdir = rest;
        mkdirSync(join(image.root, rest), { recursive: true });
        return;
      case 'ENV':
        for (const [, key = '', value = ''] of rest.matchAll(/(\w+)=(\S+)/g)) image.env[key] = value;
        return;
      case 'USER':
        image.user = rest;
        return;
      case 'STOPSIGNAL':
        image.stopsignal = rest;
        return;
      case 'EXPOSE':
        return;
      case 'ENTRYPOINT':
        image.entrypoint = JSON.parse(rest) as string[];
        return;
      case 'HEALTHCHECK':
        image.healthcheck = JSON.parse(rest.replace(/^CMD\s+/, '')) as string[];
        return;
      case 'COPY':
        return await this.#copy(image, flags.from, rest.split(/\s+/));
      case 'RUN':
        return await run(rest, join(image.root, image.workdir), image.env);
      default:
        throw new Error(`the test does not know the instruction ${name}`);
    }
  }

  async #copy(image: Image, from: string | undefined, paths: string[]): Promise<void> {
    const target = paths.pop() ?? '';
    const folder = join(image.root, isAbsolute(target) ? target : join(image.workdir, target));
    for (const path of paths) {
      const source = from === undefined ? join(this.#context, path) : join((await this.build(from)).root, path);
      const into = paths.length > 1 || target.endsWith('/') ? join(folder, basename(path)) : folder;
      if (!existsSync(source)) throw new Error(`COPY ${path}: there is no such file`);
      copy(source, into, (file) => from !== undefined || !this.#ignored(relative(this.#context, file)));
    }
  }
}

function copy(source: string, target: string, filter: (file: string) => boolean = () => true): void {
  cpSync(source, target, { recursive: true, verbatimSymlinks: true, filter });
}

async function run(command: string, cwd: string, env: Record<string, string>): Promise<void> {
  const { PATH, HOME, NODE_EXTRA_CA_CERTS } = process.env;
  // What `npm install` has fetched for the repository is in npm's cache, and the lockfile has its hash.
  const own = { PATH, HOME, NODE_EXTRA_CA_CERTS, npm_config_prefer_offline: 'true' };
  const child = spawn('sh', ['-ec', command], { cwd, env: { ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`RUN ${command}\nended with exit code ${code}:\n${output}`);
}

function stagesOf(text: string): Map<string, Instruction[]> {
  const lines = text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n\s*/g, '');
  const stages = new Map<string, Instruction[]>();
  let stage: Instruction[] = [];
  for (const line of lines.split('\n').filter((each) => each.trim() !== '')) {
    const [, name = '', options = '', rest = ''] = /^(\w+)\s+((?:--\S+\s+)*)(.*)$/.exec(line) ?? [];
    const flags = [...options.matchAll(/--([\w-]+)=(\S+)/g)].map(([, key = '', value = '']) => [key, value]);
    if (name === 'FROM') {
      stage = [];
      stages.set(/\sAS\s+(\S+)$/.exec(rest)?.[1] ?? rest, stage);
    }
    stage.push({ name, flags: Object.fromEntries(flags), rest: rest.trim() });
  }
  return stages;
}

/** As Docker reads it: the last pattern that fits the path or a folder above it decides. */
function ignoredBy(text: string): (path: string) => boolean {
  const patterns = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return (path) => {
    const parts = path.split('/');
    const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    const last = patterns.findLast((pattern) => above.some((each) => matchesGlob(each, pattern.replace(/^!/, ''))));
    return last !== undefined && !last.startsWith('!');
  };
}
