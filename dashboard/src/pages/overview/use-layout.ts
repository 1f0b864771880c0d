import { call } from '@benchwire/shared/client/http-client.ts';
import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { decodeLayout, encodeLayout, type Layout, readLayout, STANDARD } from './layout.ts';

export interface ShownLayout {
  layout: Layout;
  /** Of a saved one that is shown as it is. */
  name: string;
  /** Why it is the standard one although another was asked for. */
  error: Error | null;
  /** Shows another: the address tells it, so a link shows the same. */
  show: (layout: Layout | string) => void;
}

/** The layout of the page's address: one in it, a saved one by its name, or the standard one. */
export function useLayout(): ShownLayout {
  const [parameters, setParameters] = useSearchParams();
  const [panels, name] = [parameters.get('panels') ?? '', parameters.get('layout') ?? ''];
  const by_name = panels === '' && name !== '';
  const saved = useGet(call('GET /api/saved/:kind/:name', { params: { kind: 'layouts', name } }), { enabled: by_name });
  const { layout, error } = useMemo(() => {
    try {
      if (panels !== '') return { layout: decodeLayout(panels), error: null };
      if (by_name && saved.data !== undefined) return { layout: readLayout(saved.data.value), error: null };
      return { layout: STANDARD, error: by_name ? saved.error : null };
    } catch (thrown) {
      return { layout: STANDARD, error: thrown as Error };
    }
  }, [panels, by_name, saved.data, saved.error]);
  const show = (next: Layout | string): void =>
    setParameters(
      (before) => {
        const after = new URLSearchParams(before);
        after.delete('panels');
        after.delete('layout');
        if (typeof next === 'string') {
          if (next !== '') after.set('layout', next);
        } else after.set('panels', encodeLayout(next));
        return after;
      },
      { replace: true },
    );
  return { layout, name: by_name ? name : '', error, show };
}
