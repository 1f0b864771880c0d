import type { ReactNode } from 'react';

/** A share of something as a bar with its number: `3 of 4`, `87 %`. */
export function Meter({ value, of, text }: { value: number; of: number; text: string }): ReactNode {
  const percent = of > 0 ? Math.min(100, (100 * value) / of) : 0;
  return (
    <span className="bw-progress">
      <span className="bw-bar" aria-hidden>
        <span style={{ width: `${percent}%`, background: 'var(--bw-running)' }} />
      </span>
      <span className="bw-progress-text">{text}</span>
    </span>
  );
}
