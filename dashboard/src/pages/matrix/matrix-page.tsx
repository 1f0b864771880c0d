import { call } from '@benchwire/shared/client/http-client.ts';
import type { MatrixCell } from '@benchwire/shared/contracts/api/measurements.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { Loader, SegmentedControl } from '@mantine/core';
import { lazy, type ReactNode, Suspense, useMemo } from 'react';
import { Link } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { formatCount } from '../../format/numbers.ts';
import { useHardwareNames } from '../../parts/hardware-name.tsx';
import { type Filter, FilterBar } from '../../parts/list/filter-bar.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { useUrlState } from '../../parts/url-state.ts';
import { familyOf, isWanted, type Matrix, matrixOf } from './matrix.ts';
import { MatrixTable } from './matrix-table.tsx';
import { MetricSelect } from './metric-select.tsx';

/** Loaded when they are chosen. */
const FamilyHeatView = lazy(async () => ({ default: (await import('./family-heat-view.tsx')).FamilyHeatView }));
const EfficiencyView = lazy(async () => ({ default: (await import('./efficiency-view.tsx')).EfficiencyView }));
const CompatibilityView = lazy(async () => ({ default: (await import('./compatibility-view.tsx')).CompatibilityView }));
const HistoryPlayer = lazy(async () => ({ default: (await import('./history-player.tsx')).HistoryPlayer }));
const ThreeDView = lazy(async () => ({ default: (await import('./three-d-view.tsx')).ThreeDView }));

const VIEWS = [
  { value: 'table', label: 'Table' },
  { value: 'compatibility', label: 'Compatibility' },
  { value: 'families', label: 'Families' },
  { value: 'efficiency', label: 'Efficiency' },
  { value: 'history', label: 'History' },
  { value: '3d', label: '3D' },
];

const DEFAULTS = {
  metric: 'latency_ms',
  class: '',
  family: '',
  precision: '',
  batch: 'best',
  search: '',
  against: '',
  view: 'table',
};

const LOADING = <Loader size="sm" m="xl" role="status" aria-label="loading" />;

/** Every model on every hardware: one metric, absolute or against a baseline; or which model works where. */
export default function MatrixPage(): ReactNode {
  const [choice, change] = useUrlState(DEFAULTS);
  const views = (
    <SegmentedControl
      className="bw-scrolling"
      size="sm"
      mb="sm"
      aria-label="View"
      data={VIEWS}
      value={choice.view}
      onChange={(view) => change({ view })}
    />
  );
  return (
    <>
      <PageHead title="Matrix" note="Models by hardware. A value opens its series, a model its page." />
      {choice.view === 'compatibility' ? (
        <>
          {views}
          <Suspense fallback={LOADING}>
            <CompatibilityView />
          </Suspense>
        </>
      ) : (
        <Measured choice={choice} change={change}>
          {views}
        </Measured>
      )}
    </>
  );
}

/** The views of one metric's newest values. */
function Measured({ choice, change, children }: Omit<FilterProps, 'cells'> & { children: ReactNode }): ReactNode {
  useRefresh('events', ['/api/matrix', '/api/metrics'], 5000);
  const matrix = useGet(call('GET /api/matrix', { query: { metric: choice.metric } }));
  return (
    <Answer of={matrix} height={300}>
      {({ items, truncated }) => (
        <>
          <Filters cells={items} choice={choice} change={change} />
          {children}
          <Suspense fallback={LOADING}>
            <View cells={items} choice={choice} />
          </Suspense>
          {truncated && <p className="bw-note">Only the newest 10,000 values are shown.</p>}
        </>
      )}
    </Answer>
  );
}

function View({ cells, choice }: { cells: readonly MatrixCell[]; choice: typeof DEFAULTS }): ReactNode {
  const { fingerprint: nameOf } = useHardwareNames();
  const matrix = useMemo(() => matrixOf(cells, choice), [cells, choice]);
  const common = { metric: choice.metric, nameOf };
  switch (choice.view) {
    case 'families':
      return <FamilyHeatView matrix={matrix} {...common} />;
    case 'efficiency':
      return <EfficiencyView isShown={(cell) => isWanted(cell, choice)} nameOf={nameOf} />;
    case 'history':
      return <HistoryPlayer matrix={matrix} {...common} />;
    case '3d':
      return <ThreeDView cells={cells.filter((cell) => isWanted(cell, { ...choice, batch: 'best' }))} {...common} />;
    default:
      return <Values cells={cells} choice={choice} />;
  }
}

function Values({ cells, choice }: { cells: readonly MatrixCell[]; choice: typeof DEFAULTS }): ReactNode {
  const { fingerprint: nameOf } = useHardwareNames();
  const matrix = useMemo(() => matrixOf(cells, choice), [cells, choice]);
  if (matrix.lines.length === 0) {
    return cells.length === 0 ? (
      <Empty title={`No values of ${choice.metric} yet`}>
        The first completed benchmark fills the matrix: <Link href="/runs/new">start one</Link>.
      </Empty>
    ) : (
      <Empty title="No values match these filters">Choose another hardware, family, precision or batch size.</Empty>
    );
  }
  return (
    <Panel title={`${choice.metric}: ${wayOf(matrix)}`} aside={<span className="bw-dim">{coverage(matrix)}</span>}>
      <MatrixTable matrix={matrix} as_percent={choice.against !== ''} nameOf={nameOf} />
      {choice.against !== '' && (
        <p className="bw-note">
          Percentages compare the newest values and say nothing about noise: <Link href="/compare">Compare</Link> tests
          for it.
        </p>
      )}
    </Panel>
  );
}

function wayOf({ direction }: Matrix): string {
  if (direction === 'lower_is_better') return 'lower is better';
  return direction === 'higher_is_better' ? 'higher is better' : 'no better direction known';
}

function coverage({ lines, hardware }: Matrix): string {
  const measured = lines.reduce((sum, { shown }) => sum + shown.size, 0);
  return `${formatCount(measured)} of ${formatCount(lines.length * hardware.length)} combinations measured`;
}

interface FilterProps {
  cells: readonly MatrixCell[];
  choice: typeof DEFAULTS;
  change: (change: Partial<typeof DEFAULTS>) => void;
}

function Filters({ cells, choice, change }: FilterProps): ReactNode {
  const { fingerprint: nameOf } = useHardwareNames();
  const distinct = (of: (cell: MatrixCell) => string | null): string[] =>
    [...new Set(cells.map(of))].filter((value) => value !== null && value !== '').sort() as string[];
  const batches = [...new Set(cells.map(({ batch_size }) => batch_size))].sort((a, b) => (a ?? 0) - (b ?? 0));
  const lines = matrixOf(cells, { ...choice, against: '', batch: 'best', search: '' }).lines;
  const baselines = [
    {
      group: 'Hardware',
      items: distinct(({ fingerprint }) => fingerprint).map((id) => ({ value: `hardware:${id}`, label: nameOf(id) })),
    },
    {
      group: 'Model',
      items: lines.map(({ key, model, executor, precision }) => ({
        value: `model:${key}`,
        label: [modelName(model), precision, executor].filter(Boolean).join(', '),
      })),
    },
  ];
  const choice_of = (name: 'class' | 'family' | 'precision', label: string, choices: string[]): Filter => ({
    ...{ name, kind: 'choice', label, placeholder: label.toLowerCase(), choices },
  });
  const filters: Filter[] = [
    {
      ...{ name: 'against', kind: 'groups', label: 'Baseline', placeholder: 'absolute values', width: 260 },
      choices: baselines,
    },
    choice_of(
      'class',
      'Hardware class',
      distinct((cell) => cell.class),
    ),
    choice_of(
      'family',
      'Family',
      distinct(({ model }) => (model === '' ? null : familyOf(model))),
    ),
    choice_of(
      'precision',
      'Precision',
      distinct(({ precision }) => precision),
    ),
    {
      ...{ name: 'batch', kind: 'choice', label: 'Batch size' },
      choices: [
        { value: 'best', label: 'best batch size' },
        ...batches.map((size) =>
          size === null ? { value: 'none', label: 'no batch size' } : { value: String(size), label: `batch ${size}` },
        ),
      ],
    },
    {
      ...{ name: 'search', kind: 'search', label: 'Search in model and benchmark', width: 200 },
      placeholder: 'model or benchmark',
    },
  ];
  return (
    <FilterBar list="matrix" filters={filters} state={choice} defaults={DEFAULTS} change={change}>
      <MetricSelect value={choice.metric} onChange={(metric) => change({ metric })} />
    </FilterBar>
  );
}
