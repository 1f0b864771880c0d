import type { FindingRow } from '@benchwire/shared/contracts/rows.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { Checkbox } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { FindingChange, toneOfKind } from '../../parts/finding-kind.tsx';
import { Sparkline } from '../../parts/sparkline.tsx';
import { FindingFacts } from './finding-facts.tsx';
import { FindingStateText } from './finding-state.tsx';
import { usePictures } from './use-pictures.ts';

export interface FindingListProps {
  rows: readonly FindingRow[];
  /** Keys of what is not shown. */
  hidden: ReadonlySet<string>;
  /** Ids; undefined where nothing can be chosen. */
  chosen?: ReadonlySet<string> | undefined;
  onChoose?: (finding_id: string) => void;
}

const nameOf = ({ model, benchmark, metric, batch_size }: FindingRow): string =>
  `${modelName(model) || benchmark} ${metric}${batch_size === null ? '' : `, batch ${batch_size}`}`;

/** Findings in two lines each, with the picture of the series. */
export function FindingList({ rows, hidden, chosen, onChoose }: FindingListProps): ReactNode {
  const pictures = usePictures(hidden.has('picture') ? [] : rows);
  return (
    <ul className="bw-findings">
      {rows.map((row) => (
        <li key={row.finding_id}>
          {chosen !== undefined && (
            <Checkbox
              size="xs"
              checked={chosen.has(row.finding_id)}
              onChange={() => onChoose?.(row.finding_id)}
              aria-label={`Choose ${nameOf(row)}, ${row.kind}`}
            />
          )}
          <div className="bw-finding-text">
            <Link href={`/findings/${encodeURIComponent(row.finding_id)}`} title={row.message}>
              {nameOf(row)}
            </Link>
            <FindingFacts row={row} hidden={hidden} />
          </div>
          <span className="bw-finding-change">
            {!hidden.has('change') && <FindingChange kind={row.kind} percent={row.change_percent} />}
            {!hidden.has('state') && <FindingStateText state={row.state} />}
          </span>
          {!hidden.has('picture') && (
            <Sparkline
              values={pictures.get(row.series_id) ?? []}
              baseline={row.baseline_median}
              tone={toneOfKind(row.kind)}
            />
          )}
        </li>
      ))}
    </ul>
  );
}
