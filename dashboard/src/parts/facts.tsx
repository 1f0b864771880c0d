import type { ReactNode } from 'react';

export interface Fact {
  name: string;
  value: ReactNode;
  /** A unit, or what the value is part of. */
  unit?: string;
}

/** A row of single numbers. */
export function Facts({ facts }: { facts: readonly Fact[] }): ReactNode {
  return (
    <dl className="bw-facts">
      {facts.map(({ name, value, unit }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value} {unit !== undefined && <small>{unit}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
