import type { Source } from '@benchwire/shared/contracts/request.ts';
import { commitLink, NO_PATTERNS, rangeLink } from '@benchwire/shared/format/repository-links.ts';
import { Anchor } from '@mantine/core';
import type { ReactNode } from 'react';
import { useSession } from '../api/session.ts';
import { sourceText } from './source.ts';

interface Links {
  commit: (source: Source | null) => string | undefined;
  range: (from: Source | null, to: Source | null) => string | undefined;
}

/** Pages of the repository for commits, as far as runs or the server name one. */
function useRepositoryLinks(): Links {
  const patterns = useSession().data?.repository ?? NO_PATTERNS;
  return {
    commit: (source) => commitLink(source, patterns),
    range: (from, to) => rangeLink(from, to, patterns),
  };
}

/** A text that leads to a page of the repository, or the text alone where there is no such page. */
function Outward({ href, children, title }: { href: string | undefined; children: ReactNode; title: string }) {
  if (href === undefined) return <span className="bw-mono">{children}</span>;
  return (
    <Anchor href={href} target="_blank" rel="noreferrer" inherit className="bw-mono" title={title}>
      {children}
    </Anchor>
  );
}

/** A commit's first digits, which lead to the repository. */
export function CommitLink({ source }: { source: Source | null }): ReactNode {
  const links = useRepositoryLinks();
  const commit = source?.commit;
  if (commit === undefined) return null;
  return (
    <Outward href={links.commit(source)} title={`commit ${commit} in the repository`}>
      {commit.slice(0, 10)}
    </Outward>
  );
}

/** `a1b2c3..d4e5f6`, which leads to what changed between the two; the one commit where only one is known. */
export function RangeLink({ from, to }: { from: Source | null; to: Source | null }): ReactNode {
  const links = useRepositoryLinks();
  const [before, after] = [from?.commit, to?.commit];
  if (after === undefined) return null;
  if (before === undefined || before === after) return <CommitLink source={to} />;
  return (
    <Outward href={links.range(from, to)} title={`changes from ${before} to ${after} in the repository`}>
      {before.slice(0, 10)}..{after.slice(0, 10)}
    </Outward>
  );
}

/** What of a source says most, its commit leading to the repository. */
export function SourceName({ source }: { source: Source | null }): ReactNode {
  const { commit: _, ...rest } = source ?? {};
  return (
    <>
      <CommitLink source={source} /> {sourceText(rest)}
    </>
  );
}
