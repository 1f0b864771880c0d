import type { Source } from '../contracts/request.ts';

/** Branches whose points make levels, as the server is set up: names, or patterns with `*` such as `release/*`. */
export type MainBranches = readonly string[];

export const DEFAULT_MAIN_BRANCHES: MainBranches = ['main', 'master'];

/** The name of the line that everything without a branch belongs to. */
export const TRUNK = '';

/** Where a point belongs: to a main line, which has levels, or to a branch or pull request beside it. */
export interface Line {
  is_main: boolean;
  /** Of a main line: `TRUNK`, or the branch. Of others: `#17` for a pull request, else the branch. */
  name: string;
}

/** Names that a trunk has had in one repository or another: renaming it continues its history. */
const TRUNK_NAMES: readonly string[] = ['main', 'master'];

/** The line that a point of this source belongs to. */
export function lineOf(source: Source | null | undefined, main_branches: MainBranches): Line {
  if (source?.pull_request !== undefined) return { is_main: false, name: `#${source.pull_request}` };
  const branch = branchName(source?.branch);
  if (branch === undefined) return { is_main: true, name: TRUNK };
  const main = mainLineNamed(branch, main_branches);
  return main === undefined ? { is_main: false, name: branch } : { is_main: true, name: main };
}

/** The main line of a branch; undefined where it is none. The first of the main branches is the trunk. */
export function mainLineNamed(branch: string, main_branches: MainBranches): string | undefined {
  const name = branchName(branch) ?? '';
  if (name === main_branches[0] || (TRUNK_NAMES.includes(name) && main_branches.includes(name))) return TRUNK;
  return main_branches.some((pattern) => matches(pattern, name)) ? name : undefined;
}

/** For people. */
export function lineWords({ is_main, name }: Line, main_branches: MainBranches): string {
  if (is_main) return name === TRUNK ? (main_branches[0] ?? 'main') : name;
  return name.startsWith('#') ? `pull request ${name}` : `branch ${name}`;
}

function branchName(branch: string | undefined): string | undefined {
  return branch?.replace(/^refs\/heads\//, '').replace(/^(?:refs\/remotes\/)?origin\//, '');
}

function matches(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name;
  const parts = pattern.split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
