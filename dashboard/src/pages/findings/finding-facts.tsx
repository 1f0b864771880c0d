import type { FindingRow } from '@benchwire/shared/contracts/rows.ts';
import { Fragment, type ReactNode } from 'react';
import { formatNumber } from '../../format/numbers.ts';
import { RangeLink } from '../../parts/commit-link.tsx';
import { FindingKindText } from '../../parts/finding-kind.tsx';
import { PoolName } from '../../parts/hardware-name.tsx';
import { Ago } from '../../parts/time.tsx';

interface Fact {
  key: string;
  title: string;
  /** Null where the finding has none. */
  cell: (row: FindingRow) => ReactNode;
}

/** What the second line of a finding can show, in order. */
const FACTS: readonly Fact[] = [
  { key: 'kind', title: 'Kind', cell: ({ kind }) => <FindingKindText kind={kind} /> },
  { key: 'pool', title: 'Hardware', cell: ({ pool }) => <PoolName pool={pool} /> },
  // Where there is no model the first line begins with the benchmark.
  { key: 'benchmark', title: 'Benchmark', cell: ({ model, benchmark }) => (model === '' ? null : benchmark) },
  { key: 'executor', title: 'Executor', cell: ({ executor }) => executor || null },
  { key: 'precision', title: 'Precision', cell: ({ precision }) => precision || null },
  {
    key: 'values',
    title: 'Values',
    cell: ({ baseline_median, value, unit }) => `${formatNumber(baseline_median)} → ${formatNumber(value)} ${unit}`,
  },
  { key: 'effect_size', title: 'Effect size', cell: ({ z_score }) => `${formatNumber(z_score)} sigma` },
  {
    key: 'commits',
    title: 'Commits',
    cell: ({ source, previous_source }) =>
      source?.commit === undefined ? null : <RangeLink from={previous_source} to={source} />,
  },
  {
    key: 'branch',
    title: 'Branch',
    cell: ({ source }) => (source?.branch === undefined ? null : `on ${source.branch}`),
  },
  {
    key: 'author',
    title: 'Author',
    cell: ({ source }) => (source?.author === undefined ? null : `by ${source.author}`),
  },
  { key: 'detected_at', title: 'Found', cell: ({ detected_at }) => <Ago at={detected_at} /> },
];

/** Everything that a list of findings can show or hide. The first one stays. */
export const FINDING_COLUMNS: ReadonlyArray<{ key: string; title: string }> = [
  { key: 'finding', title: 'Finding' },
  ...FACTS,
  { key: 'change', title: 'Change' },
  { key: 'state', title: 'State' },
  { key: 'picture', title: 'Picture' },
];

/** Keys of what is hidden unless somebody asks for it, with commas between them. */
export const HIDDEN_FACTS = 'executor,precision,values,effect_size';

/** The second line of a finding: the facts that are not hidden. */
export function FindingFacts({ row, hidden }: { row: FindingRow; hidden: ReadonlySet<string> }): ReactNode {
  const shown = FACTS.flatMap(({ key, cell }) => {
    const content = hidden.has(key) ? null : cell(row);
    return content === null ? [] : [{ key, content }];
  });
  return (
    <div className="bw-note">
      {shown.map(({ key, content }, at) => (
        <Fragment key={key}>
          {at > 0 && ' · '}
          {content}
        </Fragment>
      ))}
    </div>
  );
}
