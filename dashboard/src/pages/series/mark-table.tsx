import { Anchor } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/states.tsx';
import { At } from '../../parts/time.tsx';
import type { Mark } from './history.ts';

type Numbered = Mark & { number: number };

const COLUMNS: readonly Column<Numbered>[] = [
  { key: 'number', title: 'Mark', numeric: true, value: ({ number }) => number },
  { key: 'at', title: 'When', value: ({ at }) => at, cell: ({ at }) => <At at={at} /> },
  { key: 'kind', title: 'Kind', value: ({ kind }) => kind.replace('_', ' ') },
  {
    key: 'text',
    title: 'Description',
    value: ({ text }) => text,
    cell: ({ text, link }) => (
      <div className="bw-wrap">
        {text} {link !== null && <MarkLink link={link} />}
      </div>
    ),
  },
  { key: 'by', title: 'By', wide: true, value: ({ by }) => by },
];

/** What the numbered lines in the picture are. */
export function MarkTable({ marks }: { marks: readonly Mark[] }): ReactNode {
  if (marks.length === 0) {
    return (
      <Empty title="No annotations">
        Findings, environment changes and notes are marked in the chart and listed here.
      </Empty>
    );
  }
  const rows = marks.map((mark, at) => ({ ...mark, number: at + 1 }));
  return <DataTable label="Marks" columns={COLUMNS} rows={rows} rowKey={({ number }) => String(number)} />;
}

function MarkLink({ link }: { link: string }): ReactNode {
  if (link.startsWith('/')) return <Link href={link}>open</Link>;
  // Whatever else somebody wrote there is no address to go to.
  return /^https?:\/\//.test(link) ? (
    <Anchor href={link} target="_blank" rel="noreferrer" inherit>
      {link}
    </Anchor>
  ) : (
    link
  );
}
