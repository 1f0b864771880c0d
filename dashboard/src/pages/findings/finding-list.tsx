import type { FindingRow } from '@benchwire/shared/contracts/rows.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { Checkbox } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { RangeLink } from '../../parts/commit-link.tsx';
import { FindingChange, FindingKindText, toneOfKind } from '../../parts/finding-kind.tsx';
import { PoolName } from '../../parts/hardware-name.tsx';
import { Sparkline } from '../../parts/sparkline.tsx';
import { Ago } from '../../parts/time.tsx';
import { FindingStateText } from './finding-state.tsx';
import { usePictures } from './use-pictures.ts';

export interface FindingListProps {
  rows: readonly FindingRow[];
  /** Ids; undefined where nothing can be chosen. */
  chosen?: ReadonlySet<string> | undefined;
  onChoose?: (finding_id: string) => void;
}

const nameOf = ({ model, benchmark, metric, batch_size }: FindingRow): string =>
  `${modelName(model) || benchmark} ${metric}${batch_size === null ? '' : `, batch ${batch_size}`}`;

/** Findings in two lines each, with the picture of the series. */
export function FindingList({ rows, chosen, onChoose }: FindingListProps): ReactNode {
  const pictures = usePictures(rows);
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
            <Second row={row} />
          </div>
          <span className="bw-finding-change">
            <FindingChange kind={row.kind} percent={row.change_percent} />
            <FindingStateText state={row.state} />
          </span>
          <Sparkline
            values={pictures.get(row.series_id) ?? []}
            baseline={row.baseline_median}
            tone={toneOfKind(row.kind)}
          />
        </li>
      ))}
    </ul>
  );
}

/** What kind it is, where it was measured, between which commits, and when it was found. */
function Second({
  row: { kind, benchmark, model, pool, source, previous_source, detected_at },
}: {
  row: FindingRow;
}): ReactNode {
  const parts = [
    source?.branch === undefined ? '' : `on ${source.branch}`,
    source?.author === undefined ? '' : `by ${source.author}`,
  ].filter((part) => part !== '');
  return (
    <div className="bw-note">
      <FindingKindText kind={kind} /> · <PoolName pool={pool} />
      {model === '' ? '' : ` · ${benchmark}`}
      {source?.commit === undefined ? null : (
        <>
          {' '}
          · <RangeLink from={previous_source} to={source} />
        </>
      )}
      {parts.map((part) => ` · ${part}`).join('')} · <Ago at={detected_at} />
    </div>
  );
}
