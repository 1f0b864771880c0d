import type { Layout } from './layout.ts';
import { readLayout } from './layout.ts';

const KEY = 'benchwire.layout-base';

/** Keeps what a person's changes to a saved layout begin with, for as long as the tab is open: a merge needs it. */
export function rememberBase(name: string, revision: number, layout: Layout): void {
  sessionStorage.setItem(KEY, JSON.stringify({ name, revision, layout }));
}

/** What the changes began with; without panels where this tab does not have it, as after opening a link of somebody else. */
export function layoutBase(name: string, revision: number): Layout {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as {
      name?: string;
      revision?: number;
      layout?: unknown;
    };
    if (kept.name === name && kept.revision === revision) return readLayout(kept.layout);
  } catch {
    // What stands there was written by another version of the page.
  }
  return { panels: [] };
}
