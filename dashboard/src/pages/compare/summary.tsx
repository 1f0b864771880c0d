import type { Comparison } from '@benchwire/shared/contracts/comparison.ts';
import type { ReactNode } from 'react';

/** In plain sentences what differs and whether that is more than noise; the chosen metric first. */
export function Summary({ comparison, metric }: { comparison: Comparison; metric: string }): ReactNode {
  const [first, ...others] = comparison.sides;
  return (
    <>
      {others.map(({ value, label, summary }) => (
        <section key={value} className="bw-compared">
          <h3>
            {label} <span className="bw-dim">against {first?.label}</span>
          </h3>
          {summary.length === 0 ? (
            <p>Nothing was measured on both sides, so there is nothing to compare.</p>
          ) : (
            <ul>
              {summary
                .toSorted((a, b) => Number(b.metric === metric) - Number(a.metric === metric))
                .map((of) => (
                  <li key={of.metric} data-chosen={of.metric === metric}>
                    {of.sentence}
                  </li>
                ))}
            </ul>
          )}
        </section>
      ))}
      {comparison.notes.map((note) => (
        <p key={note} className="bw-note">
          {note}
        </p>
      ))}
    </>
  );
}
