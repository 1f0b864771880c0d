import type { EChartsOption } from 'echarts/types/dist/echarts';
import { type ReactNode, useCallback, useMemo } from 'react';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { formatNumber } from '../../format/numbers.ts';
import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';
import { type FamilyHeat, familyHeatOf } from './family-heat.ts';
import type { Matrix } from './matrix.ts';

/** Hardware by model family: how many times the best hardware of each model. */
export function FamilyHeatView({
  matrix,
  metric,
  nameOf,
}: {
  matrix: Matrix;
  metric: string;
  nameOf: (fingerprint: string) => string;
}): ReactNode {
  const heat = useMemo(() => familyHeatOf(matrix), [matrix]);
  const option = useCallback((colours: ChartColours) => optionOf(heat, nameOf, colours), [heat, nameOf]);
  if (heat === null)
    return (
      <Empty title="No heat map of this metric">
        It compares hardware by how good it is, and which way of {metric} is better is not known.
      </Empty>
    );
  return (
    <Panel title={`${metric} by model family: times the best hardware`}>
      <Chart
        option={option}
        height={Math.max(150, 70 + 34 * heat.families.length)}
        exported={`${metric} by family and hardware`}
        description={`${metric} of ${heat.families.length} model families on ${heat.hardware.length} kinds of hardware`}
      />
      <p className="bw-note">
        Geometric mean over the models of a family, each over its best hardware: 1 is the best, 2 is twice as far from
        it. The tooltip has how many models count.
      </p>
    </Panel>
  );
}

function optionOf(heat: FamilyHeat | null, nameOf: (id: string) => string, colours: ChartColours): EChartsOption {
  const { families = [], hardware = [], cells = [] } = heat ?? {};
  return {
    grid: { left: 4, right: 10, top: 26, bottom: 4, containLabel: true },
    tooltip: {
      formatter: (({ value: [x, y, log, models] }: { value: [number, number, number, number] }) =>
        `${families[y]}\n${nameOf(hardware[x] ?? '')}\n${formatNumber(2 ** log)} times the best, ${models} model${models === 1 ? '' : 's'}`) as never,
    },
    xAxis: { type: 'category', data: hardware.map(nameOf), splitLine: { show: false } },
    yAxis: { type: 'category', data: families, inverse: true, splitLine: { show: false } },
    visualMap: {
      show: false,
      dimension: 2,
      min: 0,
      max: Math.max(1, ...cells.map(({ times_best }) => Math.log2(times_best))),
      inRange: { color: [...colours.ramp].slice(0, 3) },
    },
    series: [
      {
        type: 'heatmap',
        data: cells.map(({ family, hardware: id, times_best, models }) => [
          ...[hardware.indexOf(id), families.indexOf(family), Math.log2(times_best), models],
        ]),
        label: {
          show: true,
          color: colours.text,
          formatter: (({ value }: { value: number[] }) => `${formatNumber(2 ** (value[2] ?? 0))} ×`) as never,
        },
        itemStyle: { borderColor: colours.ground, borderWidth: 2 },
      },
    ],
  };
}
