import type { ReactNode } from 'react';
import { Link } from 'wouter';

/** The first part of a run's id, enough to tell runs apart and what `bw` takes. */
export const shortId = (run_id: string): string => run_id.slice(0, 13);

export function RunLink({ run_id, name }: { run_id: string; name?: string }): ReactNode {
  return (
    <Link href={`/runs/${run_id}`} title={name ? `${name}\n${run_id}` : run_id}>
      {name === undefined || name === '' ? <span className="bw-mono">{shortId(run_id)}</span> : name}
    </Link>
  );
}
