import type { TestState } from '@benchwire/shared/contracts/test-results.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';

/** A letter and a place of its own for each state, so that nobody needs the colour. */
const SIGNS = { passed: '·', failed: '✕', error: '!', skipped: '–' } as const satisfies Record<TestState, string>;

export interface Execution {
  state: TestState;
  /** Where it leads, with what its tooltip says. */
  link?: { href: string; title: string };
}

/** How a test case ended lately, one mark for each execution, the newest at the right. */
export function HistoryStrip({ newest_first }: { newest_first: readonly Execution[] }): ReactNode {
  const counts = Map.groupBy(newest_first, ({ state }) => state);
  const words = [...counts].map(([state, of]) => `${of.length} ${state}`).join(', ');
  const marks = newest_first.toReversed().map(({ state, link }, place) => {
    const mark = <span data-state={state}>{SIGNS[state]}</span>;
    // An execution has no id that a mark of the list knows, and marks never change places.
    const key = `${place} ${state}`;
    if (link === undefined) return <span key={key}>{mark}</span>;
    return (
      <Link key={key} href={link.href} title={link.title} className="bw-strip-link" aria-label={link.title}>
        {mark}
      </Link>
    );
  });
  const isLinked = newest_first.some(({ link }) => link !== undefined);
  return (
    <span className="bw-strip" {...(isLinked ? {} : { role: 'img', 'aria-label': `last executions: ${words}` })}>
      {marks}
    </span>
  );
}
