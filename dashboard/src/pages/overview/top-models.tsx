import { call } from '@benchwire/shared/client/http-client.ts';
import type { MatrixCell } from '@benchwire/shared/contracts/api/measurements.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { SegmentedControl } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { formatNumber } from '../../format/numbers.ts';
import { PoolName } from '../../parts/hardware-name.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { useUrlState } from '../../parts/url-state.ts';
import { topPerPool } from './top-per-pool.ts';

const METRICS = [
  { value: 'throughput_items_per_second', label: 'Throughput' },
  { value: 'latency_ms', label: 'Latency' },
];
const DEFAULTS = { top: 'throughput_items_per_second' };

/** For each pool the best models by their newest result, each at its best batch size. */
export function TopModels(): ReactNode {
  const [{ top }, change] = useUrlState(DEFAULTS);
  const matrix = useGet(call('GET /api/matrix', { query: { metric: top } }), { every_ms: 30_000 });
  return (
    <>
      <SegmentedControl
        size="xs"
        data={METRICS}
        value={top}
        onChange={(metric) => change({ top: metric })}
        aria-label="Ranked by"
        mb={8}
      />
      <Answer of={matrix}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No results yet">Results appear after the first completed benchmark.</Empty>
          ) : (
            <div className="bw-pools">
              {topPerPool(items, 6).map(({ pool, cells }) => (
                <TopOfPool key={pool} pool={pool} cells={cells} />
              ))}
            </div>
          )
        }
      </Answer>
    </>
  );
}

function TopOfPool({ pool, cells }: { pool: string; cells: readonly MatrixCell[] }): ReactNode {
  const greatest = Math.max(...cells.map(({ value }) => value));
  return (
    <section aria-label={`Top models on ${pool}`}>
      <h3>
        <PoolName pool={pool} />
      </h3>
      <ol className="bw-ranking">
        {cells.map((cell) => (
          <li key={cell.series_id}>
            <Link href={`/series/${cell.series_id}`} title={cell.model}>
              {modelName(cell.model)}
            </Link>
            <span className="bw-dim">{cell.batch_size === null ? '' : `batch ${cell.batch_size}`}</span>
            <span className="bw-bar" aria-hidden>
              <span style={{ width: `${(100 * cell.value) / greatest}%`, background: 'var(--bw-running)' }} />
            </span>
            <span className="bw-right">
              {formatNumber(cell.value)} <span className="bw-unit">{cell.unit}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
