import { call } from '@benchwire/shared/client/http-client.ts';
import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { decodeLayout, encodeLayout, type Layout, readLayout, STANDARD } from './layout.ts';
import { layoutBase, rememberBase } from './layout-base.ts';

/** How often a saved layout is read again, so that changes of others are seen. */
const EVERY_MS = 10_000;

/** A layout as it is saved. */
export interface SavedLayout {
  layout: Layout;
  revision: number;
  saved_by: string | null;
  saved_at: string | null;
}

export interface ShownLayout {
  layout: Layout;
  /** Of the saved one that is shown, or that was changed here. */
  name: string;
  /** The saved one was changed here: what the changes began with, and its revision. */
  changed: { base: Layout; revision: number } | undefined;
  /** As it is saved now. */
  saved: SavedLayout | undefined;
  /** Why it is the standard one although another was asked for. */
  error: Error | null;
  /** Shows another, a changed one or a saved one by its name: the address has it, so a link shows the same. */
  show: (layout: Layout | string) => void;
}

/** The layout of the page's address: one in it, a saved one by its name, or the standard one. */
export function useLayout(): ShownLayout {
  const [parameters, setParameters] = useSearchParams();
  const [panels, name] = [parameters.get('panels') ?? '', parameters.get('layout') ?? ''];
  const revision = Number(parameters.get('revision') ?? 0);
  const answer = useGet(call('GET /api/saved/:kind/:name', { params: { kind: 'layouts', name } }), {
    enabled: name !== '',
    every_ms: EVERY_MS,
  });
  // The answer before stays while another is asked for.
  const found = answer.data?.name === name ? answer.data : undefined;
  const { layout, saved, error } = useMemo(() => {
    try {
      const now: SavedLayout | undefined = found && { ...found, layout: readLayout(found.value) };
      if (panels !== '') return { layout: decodeLayout(panels), saved: now, error: null };
      return { layout: now?.layout ?? STANDARD, saved: now, error: name === '' ? null : answer.error };
    } catch (thrown) {
      return { layout: STANDARD, saved: undefined, error: thrown as Error };
    }
  }, [panels, name, found, answer.error]);
  const changed = useMemo(
    () => (panels === '' || name === '' ? undefined : { base: layoutBase(name, revision), revision }),
    [panels, name, revision],
  );
  const show = (next: Layout | string): void => {
    if (typeof next !== 'string' && changed === undefined && saved !== undefined)
      rememberBase(name, saved.revision, saved.layout);
    setParameters((before) => addressOf(before, next, { name, revision: changed?.revision ?? saved?.revision ?? 0 }), {
      replace: true,
    });
  };
  return { layout, name, changed, saved, error, show };
}

function addressOf(
  before: URLSearchParams,
  next: Layout | string,
  of: { name: string; revision: number },
): URLSearchParams {
  const after = new URLSearchParams(before);
  for (const part of ['panels', 'layout', 'revision']) after.delete(part);
  const name = typeof next === 'string' ? next : of.name;
  if (name !== '') after.set('layout', name);
  if (typeof next === 'string') return after;
  if (name !== '') after.set('revision', String(of.revision));
  after.set('panels', encodeLayout(next));
  return after;
}
