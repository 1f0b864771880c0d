import type { ReactNode } from 'react';

/** Lines as a program printed them. They scroll, so the keyboard must reach them. */
export function Log({ children }: { children: ReactNode }): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard (axe: scrollable-region-focusable)
    <pre className="bw-log" tabIndex={0}>
      {children}
    </pre>
  );
}
