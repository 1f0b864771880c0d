import { call } from '@benchwire/shared/client/http-client.ts';
import type { MatrixCell } from '@benchwire/shared/contracts/api/measurements.ts';
import { useQueries } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '../../api/client.ts';
import { keyOf, useGet } from '../../api/use-api.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import type { Distribution } from '../compare/distribution-option.ts';
import { Distributions } from '../compare/distributions.tsx';

const SIDES = 7;

/** How the raw samples of the newest run of each series of a metric are distributed. */
export function ModelSamples(props: {
  model: string;
  metric: string;
  nameOf: (fingerprint: string) => string;
}): ReactNode {
  const { model, metric } = props;
  const cells = useGet(call('GET /api/matrix', { query: { metric, model } }));
  return <Answer of={cells}>{({ items }) => <Samples {...props} cells={items.slice(0, SIDES)} />}</Answer>;
}

function Samples({
  cells,
  metric,
  nameOf,
}: {
  cells: readonly MatrixCell[];
  metric: string;
  nameOf: (fingerprint: string) => string;
}): ReactNode {
  const answers = useQueries({
    queries: cells.map(({ run_id, task_id }) => {
      const asked = call('GET /api/runs/:run_id/distributions', { params: { run_id }, query: { task_id, metric } });
      return { queryKey: keyOf(asked), queryFn: () => api.send(asked), enabled: task_id !== '' };
    }),
  });
  const distributions = cells.flatMap((cell, side): Distribution[] => {
    const found = answers[side]?.data?.items.find(({ batch_size }) => batch_size === cell.batch_size);
    const batch = cell.batch_size === null ? '' : `batch ${cell.batch_size}, `;
    return found === undefined
      ? []
      : [{ label: `${batch}${cell.precision} on ${nameOf(cell.fingerprint)}`, side, ...found }];
  });
  if (answers.some(({ isPending, isEnabled }) => isPending && isEnabled)) return null;
  if (distributions.length === 0) {
    return (
      <Empty title={`No raw samples of ${metric}`}>
        Only a benchmark's latencies are kept sample by sample, and for as long as the server keeps samples.
      </Empty>
    );
  }
  return <Distributions distributions={distributions} unit={cells[0]?.unit ?? ''} metric={metric} />;
}
