import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { didYouMean } from '@benchwire/shared/runtime/near-names.ts';
import type { CliContext } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { oneLine } from '../terminal/text-width.ts';
import { CI_NAMES, CI_PROVIDERS, type CiProvider } from './ci-build.ts';
import { PIPELINES } from './pipelines/pipelines.ts';

interface InitOptions {
  provider: string | undefined;
  request: string;
  source: string | undefined;
  /** Overwrites files that are there. */
  force: boolean;
}

/** Stands for a repository that is to be written in. */
const UNKNOWN_SOURCE = 'https://git.example.com/benchwire.git';

/** Writes the files that a provider reads. @throws UsageError for a provider that is unknown, and for files that are there already */
export async function initPipeline(
  context: CliContext,
  { provider, request, source, force }: InitOptions,
): Promise<number> {
  const { working_directory, out, err } = context;
  if (provider === undefined) throw new UsageError(`the provider is missing: ${CI_PROVIDERS.join(', ')}.`);
  if (!isProvider(provider))
    throw new UsageError(
      `unknown provider "${oneLine(provider)}": use ${CI_PROVIDERS.join(', ')}.${didYouMean(provider, CI_PROVIDERS)}`,
    );
  if (!/^[\w./-]+$/.test(request))
    throw new UsageError(`--request ${oneLine(request)}: a pipeline file takes letters, digits and . / _ - only.`);
  if (source !== undefined && !/^[\w@:/.~+-]+$/.test(source))
    throw new UsageError(`--source ${oneLine(source)} is not the address of a repository.`);
  const files = PIPELINES[provider]({ request, source: source ?? UNKNOWN_SOURCE });
  const there = files.filter(({ path }) => existsSync(resolve(working_directory, path)));
  if (there.length > 0 && !force)
    throw new UsageError(
      `${there.map(({ path }) => path).join(' and ')} exists: --force overwrites it, or take over the job from a folder of its own.`,
    );
  for (const { path, content } of files) {
    const target = resolve(working_directory, path);
    try {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
    } catch (error) {
      throw new UsageError(`${path} cannot be written: ${messageOf(error)}`);
    }
    out.line(path);
  }
  err.line(`${CI_NAMES[provider]}: the comments in the file name the variables to set.`);
  if (source === undefined)
    err.line(
      `Replace ${UNKNOWN_SOURCE} by the repository that bw is installed from (--source), or have bw on the job's PATH.`,
    );
  return EXIT.ok;
}

const isProvider = (name: string): name is CiProvider => (CI_PROVIDERS as readonly string[]).includes(name);
