import { type Request, type Source, source } from '@benchwire/shared/contracts/request.ts';
import { UsageError } from '../errors.ts';

/** What `bw run` was told beside the file. */
export interface Overrides {
  request_id: string | undefined;
  name: string | undefined;
  tags: readonly string[];
  commit: string | undefined;
  branch: string | undefined;
  base?: string | undefined;
  repo: string | undefined;
}

/**
 * The request with the options applied: an option counts more than the file, the file more than what git knows.
 * @throws UsageError for an option that does not fit
 */
export function applyOverrides(request: Request, overrides: Overrides, fromGit: Source | undefined): Request {
  const given: Source = {
    ...(overrides.commit === undefined ? {} : { commit: overrides.commit }),
    ...(overrides.branch === undefined ? {} : { branch: overrides.branch }),
    ...(overrides.base === undefined ? {} : { base: overrides.base }),
    ...(overrides.repo === undefined ? {} : { repo: overrides.repo }),
  };
  // Git describes the folder as it is now; a file or option that names another commit is not mixed with it.
  const base = request.source ?? (overrides.commit === undefined ? fromGit : undefined) ?? {};
  const merged = source.safeParse({ ...base, ...given });
  if (!merged.success) {
    const [problem] = merged.error.issues;
    throw new UsageError(`--${String(problem?.path[0] ?? 'commit')} is invalid: ${problem?.message}`);
  }
  for (const [name, text] of [
    ['request-id', overrides.request_id],
    ['name', overrides.name],
  ] as const) {
    if (text !== undefined && (text === '' || text.length > 256))
      throw new UsageError(`--${name} takes 1 to 256 characters.`);
  }
  const { request_id = request.request_id, name = request.name } = overrides;
  return {
    ...request,
    ...(Object.keys(merged.data).length === 0 ? {} : { source: merged.data }),
    ...(request_id === undefined ? {} : { request_id }),
    ...(name === undefined ? {} : { name }),
    tags: { ...request.tags, ...Object.fromEntries(overrides.tags.map(readTag)) },
  };
}

function readTag(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--tag takes KEY=VALUE, not "${text}".`);
  const [key, value] = [text.slice(0, at), text.slice(at + 1)];
  if (key.length > 64 || value.length > 256)
    throw new UsageError(`--tag ${key}: a key has at most 64 characters, a value 256.`);
  return [key, value];
}
