import { call } from '@benchwire/shared/client/http-client.ts';
import type { Api } from '@benchwire/shared/contracts/api/api.ts';
import type { AnswerOf } from '@benchwire/shared/contracts/api/signature.ts';
import type { ComparedRow, Comparison } from '@benchwire/shared/contracts/comparison.ts';
import { useQueries } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '../../api/client.ts';
import { keyOf } from '../../api/use-api.ts';
import { formatCount } from '../../format/numbers.ts';
import { PoolName } from '../../parts/hardware-name.tsx';
import { RunLink } from '../../parts/run-link.tsx';
import type { Distribution } from './distribution-option.ts';
import { Distributions } from './distributions.tsx';
import { rowNames } from './rows.ts';

type Answered = AnswerOf<Api['GET /api/runs/:run_id/distributions']>['items'][number];

/** One row's differences in sentences, and how the raw samples of each side are distributed. */
export function OneRow({ comparison, row }: { comparison: Comparison; row: ComparedRow }): ReactNode {
  const answers = useQueries({
    queries: row.cells.map((cell) => {
      const query = { task_id: cell?.task_id, metric: row.metric };
      const asked = call('GET /api/runs/:run_id/distributions', { params: { run_id: cell?.run_id ?? '' }, query });
      return { queryKey: keyOf(asked), queryFn: () => api.send(asked), enabled: cell !== null };
    }),
  });
  const distributions = answers.flatMap(({ data }, side): Distribution[] => {
    const found = data?.items.find(
      ({ batch_size }) => batch_size === (row.batch_size ?? batchOf(row, side, data.items)),
    );
    return found === undefined ? [] : [{ label: comparison.sides[side]?.label ?? '', side, ...found }];
  });
  const [name] = rowNames([row]);
  return (
    <>
      <h3>
        {name} <span className="bw-dim">{row.metric}</span>
      </h3>
      <ul className="bw-sentences">
        {row.cells.map((cell, side) => (
          <li key={comparison.sides[side]?.value}>
            <b>{comparison.sides[side]?.label}</b>{' '}
            {cell === null ? (
              'has no value here.'
            ) : (
              <>
                <span className="bw-dim">
                  {cell.runs === 1 ? '1 run' : `${cell.runs} runs`}, {formatCount(cell.samples)} samples in the latest,{' '}
                  <RunLink run_id={cell.run_id} />, on <PoolName pool={cell.pool} />.
                </span>{' '}
                {row.differences[side]?.sentence}
              </>
            )}
          </li>
        ))}
      </ul>
      {distributions.length > 0 ? (
        <Distributions distributions={distributions} unit={row.unit} metric={row.metric} />
      ) : (
        answers.every(({ isPending, isEnabled }) => !(isPending && isEnabled)) && (
          <p className="bw-note">
            There are no raw samples of {row.metric} for these: only a benchmark's latencies are kept sample by sample.
          </p>
        )
      )}
    </>
  );
}

/** Where batch sizes are compared, the row has none, and each side its own. */
function batchOf({ cells }: ComparedRow, side: number, items: readonly Answered[]): number | null {
  const value = cells[side]?.value ?? 0;
  const distance = ({ quantiles }: Answered): number => Math.abs((quantiles[2] ?? 0) - value);
  return items.toSorted((a, b) => distance(a) - distance(b))[0]?.batch_size ?? null;
}
