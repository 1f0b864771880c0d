import type { Source } from '@benchwire/shared/contracts/request.ts';

/** Runs git in the folder; undefined where it fails or says nothing. */
export type Git = (...args: readonly string[]) => Promise<string | undefined>;

const TRUNKS = ['origin/HEAD', 'origin/main', 'origin/master', 'main', 'master'] as const;
const MAX_PARENTS = 16;

/**
 * Where the commit of a folder lies in its history: its parents, its number on its branch, and for a branch the commit that it
 * began at, on `wanted_base` where the CI names one. Empty for a shallow clone, whose history is not there.
 */
export async function gitHistory(
  git: Git,
  branch: string | undefined,
  wanted_base: string | undefined,
): Promise<Pick<Source, 'parents' | 'position' | 'base' | 'base_position'>> {
  if ((await git('rev-parse', '--is-shallow-repository')) !== 'false') return {};
  const [line, position] = await Promise.all([
    git('rev-list', '--parents', '-n', '1', 'HEAD'),
    positionOf(git, 'HEAD'),
  ]);
  const parents = line?.split(' ').slice(1, 1 + MAX_PARENTS) ?? [];
  const place = {
    ...(parents.length === 0 ? {} : { parents }),
    ...(position === undefined ? {} : { position }),
  };
  if (branch === undefined || branch === 'main' || branch === 'master') return place;
  for (const trunk of wanted_base === undefined ? TRUNKS : [`origin/${wanted_base}`, wanted_base]) {
    const base = await git('merge-base', 'HEAD', trunk);
    if (base === undefined) continue;
    const base_position = await positionOf(git, base);
    return { ...place, base, ...(base_position === undefined ? {} : { base_position }) };
  }
  return place;
}

async function positionOf(git: Git, commit: string): Promise<number | undefined> {
  const count = Number(await git('rev-list', '--count', '--first-parent', commit));
  return Number.isSafeInteger(count) ? count : undefined;
}
