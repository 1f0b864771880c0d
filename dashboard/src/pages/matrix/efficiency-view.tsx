import { call } from '@benchwire/shared/client/http-client.ts';
import type { MatrixCell } from '@benchwire/shared/contracts/api/measurements.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { formatNumber } from '../../format/numbers.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { type Efficiency, efficienciesOf, POWER, THROUGHPUT } from './efficiency.ts';
import { modelHref } from './model-href.ts';

interface EfficiencyViewProps {
  /** Whether the page's filters let a value through. */
  isShown: (cell: MatrixCell) => boolean;
  nameOf: (fingerprint: string) => string;
}

/** Items for each joule, where power is measured; where it is not, that is said. */
export function EfficiencyView({ isShown, nameOf }: EfficiencyViewProps): ReactNode {
  const throughput = useGet(call('GET /api/matrix', { query: { metric: THROUGHPUT } }));
  const power = useGet(call('GET /api/matrix', { query: { metric: POWER } }));
  return (
    <Answer of={throughput} height={200}>
      {({ items }) => (
        <Answer of={power} height={200}>
          {({ items: watts }) => <Found throughput={items.filter(isShown)} power={watts} nameOf={nameOf} />}
        </Answer>
      )}
    </Answer>
  );
}

function Found({
  throughput,
  power,
  nameOf,
}: {
  throughput: readonly MatrixCell[];
  power: readonly MatrixCell[];
  nameOf: (fingerprint: string) => string;
}): ReactNode {
  const { rows, without_power } = efficienciesOf(throughput, power);
  const missing = without_power.map(nameOf).join(', ');
  if (rows.length === 0)
    return (
      <Empty title="No power efficiency yet">
        {throughput.length === 0
          ? `No ${THROUGHPUT} was measured that matches these filters.`
          : `No power was measured in the runs of these values: ${missing}. A worker reports power where its device does.`}
      </Empty>
    );
  const columns: Column<Efficiency>[] = [
    {
      ...{ key: 'model', title: 'Model', value: ({ cell }) => cell.model },
      cell: ({ cell }) => (
        <Link className="bw-name" href={modelHref(cell.model)} title={cell.model}>
          {modelName(cell.model) || cell.benchmark}
        </Link>
      ),
    },
    {
      ...{ key: 'items_per_joule', title: 'Efficiency', unit: 'items/J', numeric: true },
      value: ({ items_per_joule }) => items_per_joule,
      cell: ({ items_per_joule }) => formatNumber(items_per_joule),
    },
    { key: 'hardware', title: 'Hardware', value: ({ cell }) => nameOf(cell.fingerprint) },
    { key: 'batch_size', title: 'Batch', numeric: true, wide: true, value: ({ cell }) => cell.batch_size },
    { key: 'precision', title: 'Precision', wide: true, value: ({ cell }) => cell.precision },
    {
      ...{ key: THROUGHPUT, title: 'Throughput', unit: 'items/s', numeric: true, wide: true },
      value: ({ cell }) => cell.value,
      cell: ({ cell }) => <Link href={`/series/${cell.series_id}`}>{formatNumber(cell.value)}</Link>,
    },
    {
      ...{ key: POWER, title: 'Power', unit: 'W', numeric: true, wide: true, value: ({ watts }) => watts },
      hint: 'Mean over the whole attempt, of all its batch sizes',
      cell: ({ watts }) => formatNumber(watts),
    },
  ];
  return (
    <Panel title="Power efficiency: items for each joule">
      <DataTable
        label="Power efficiency"
        columns={columns}
        rows={rows}
        rowKey={({ cell }) => cell.series_id}
        most={100}
      />
      <p className="bw-note">
        Throughput over the mean power of the whole attempt in the same run. Where an attempt measures several batch
        sizes, they share that mean.
        {missing !== '' && ` No power was measured on ${missing}.`}
      </p>
    </Panel>
  );
}
