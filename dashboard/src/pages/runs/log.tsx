import type { ReactNode, Ref } from 'react';

/** Lines as a program printed them. They scroll, so the keyboard must reach them. */
export function Log({
  children,
  ref,
  onScroll,
}: {
  children: ReactNode;
  ref?: Ref<HTMLPreElement>;
  onScroll?: () => void;
}): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard (axe: scrollable-region-focusable)
    <pre className="bw-log" tabIndex={0} ref={ref} onScroll={onScroll}>
      {children}
    </pre>
  );
}
