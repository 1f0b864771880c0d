import type { MatrixCell } from '@benchwire/shared/contracts/api/measurements.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { Button, Group, SegmentedControl, Select } from '@mantine/core';
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';
import { formatNumber } from '../../format/numbers.ts';
import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';
import { useUrlState } from '../../parts/url-state.ts';
import { type Place, project, type Rotation, turned } from './three-d.ts';

const DEFAULTS = { of: '', as: '3d' };
const START: Rotation = { yaw: 35, pitch: 25 };
const [SIZE, HALF] = [460, 230];
/** Pixels of the unit cube, so that its diagonal fits. */
const SCALE = 235;

interface ThreeDViewProps {
  /** All batch sizes that the page's filters let through. */
  cells: readonly MatrixCell[];
  metric: string;
  nameOf: (fingerprint: string) => string;
}

/** One model on one hardware: a metric by batch size and precision, to rotate, or as small multiples. */
export function ThreeDView({ cells, metric, nameOf }: ThreeDViewProps): ReactNode {
  const [{ of, as }, change] = useUrlState(DEFAULTS);
  const sized = cells.filter(({ batch_size }) => batch_size !== null);
  const groups = Map.groupBy(sized, ({ model, fingerprint }) => `${fingerprint} ${model}`);
  // First that which has the most to show.
  const choices = [...groups].sort(([, a], [, b]) => b.length - a.length);
  const [key, shown] = choices.find(([each]) => each === of) ?? choices[0] ?? [];
  if (key === undefined || shown === undefined)
    return <Empty title="Nothing by batch size">This view needs values of {metric} at several batch sizes.</Empty>;
  const data = choices.map(([value, [cell]]) => ({
    value,
    label: `${modelName(cell?.model ?? '')} on ${nameOf(cell?.fingerprint ?? '')}`,
  }));
  const bars = barsOf(shown);
  return (
    <Panel
      title={`${metric} by batch size and precision`}
      aside={
        <Group gap="xs">
          <Select
            aria-label="Model and hardware"
            data={data}
            value={key}
            onChange={(next) => change({ of: next ?? '' })}
            allowDeselect={false}
            searchable
            w={300}
          />
          <SegmentedControl
            size="xs"
            aria-label="Picture"
            data={[
              { value: '3d', label: '3D' },
              { value: 'flat', label: 'Small multiples' },
            ]}
            value={as === 'flat' ? 'flat' : '3d'}
            onChange={(next) => change({ as: next })}
          />
        </Group>
      }
    >
      {as === 'flat' ? <Multiples bars={bars} metric={metric} /> : <Cube bars={bars} metric={metric} />}
    </Panel>
  );
}

interface Bars {
  unit: string;
  batches: number[];
  precisions: string[];
  most: number;
  bars: Array<{ batch: number; precision: string; value: number }>;
}

/** Of each batch size and precision the newest value. */
function barsOf(cells: readonly MatrixCell[]): Bars {
  const newest = cells.toSorted((a, b) => (a.measured_at < b.measured_at ? -1 : 1));
  const by_place = new Map(newest.map((cell) => [`${cell.batch_size} ${cell.precision}`, cell]));
  const bars = [...by_place.values()].map(({ batch_size, precision, value }) => ({
    ...{ batch: batch_size ?? 0, precision: precision || 'default', value },
  }));
  return {
    unit: cells[0]?.unit ?? '',
    batches: [...new Set(bars.map(({ batch }) => batch))].sort((a, b) => a - b),
    precisions: [...new Set(bars.map(({ precision }) => precision))].sort(),
    most: Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE),
    bars,
  };
}

const share = (at: number, of: number): number => (of <= 1 ? 0.5 : at / (of - 1));

/** Drawn as SVG, so that it needs no WebGL and takes its colours from the page. Turned by dragging or with the arrow keys. */
function Cube({ bars: { bars, batches, precisions, most, unit }, metric }: { bars: Bars; metric: string }): ReactNode {
  const [rotation, setRotation] = useState(START);
  const dragged = useRef<{ x: number; y: number } | null>(null);
  const onMove = (event: PointerEvent): void => {
    if (dragged.current === null) return;
    const by = { yaw: (event.clientX - dragged.current.x) / 2, pitch: (event.clientY - dragged.current.y) / 2 };
    dragged.current = { x: event.clientX, y: event.clientY };
    setRotation((before) => turned(before, by));
  };
  const onKey = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, 10], ArrowDown: [0, -10] }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    setRotation((before) => turned(before, { yaw: by[0] ?? 0, pitch: by[1] ?? 0 }));
  };
  const at = (place: Place): { x: number; y: number; depth: number } => {
    const { x, y, depth } = project(place, rotation);
    return { x: HALF + SCALE * x, y: HALF + SCALE * y, depth };
  };
  const line = (from: Place, to: Place, name: string): ReactNode => {
    const [a, b] = [at(from), at(to)];
    return <line key={name} className="bw-3d-axis" x1={a.x} y1={a.y} x2={b.x} y2={b.y} />;
  };
  const placeOf = ({ batch, precision }: Bars['bars'][number]): Omit<Place, 'y'> => ({
    x: share(batches.indexOf(batch), batches.length),
    z: share(precisions.indexOf(precision), precisions.length),
  });
  const label = (place: Place, text: string, name: string): ReactNode => {
    const { x, y } = at(place);
    return (
      <text key={name} className="bw-3d-label" x={x} y={y + 14} textAnchor="middle">
        {text}
      </text>
    );
  };
  const described = `${metric} of ${batches.length} batch sizes and ${precisions.length} precisions, up to ${formatNumber(most)} ${unit}`;
  return (
    <>
      <div
        className="bw-3d"
        role="application"
        aria-label={`${described}. The arrow keys turn it.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys turn it
        tabIndex={0}
        onKeyDown={onKey}
        onPointerDown={(event) => {
          dragged.current = { x: event.clientX, y: event.clientY };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={onMove}
        onPointerUp={() => {
          dragged.current = null;
        }}
      >
        <svg viewBox={`-40 0 ${SIZE + 80} ${SIZE}`} aria-hidden>
          {batches.map((batch, n) => {
            const x = share(n, batches.length);
            return line({ x, y: 0, z: 0 }, { x, y: 0, z: 1 }, `batch ${batch}`);
          })}
          {precisions.map((precision, n) => {
            const z = share(n, precisions.length);
            return line({ x: 0, y: 0, z }, { x: 1, y: 0, z }, `precision ${precision}`);
          })}
          {line({ x: 0, y: 0, z: 0 }, { x: 0, y: 1, z: 0 }, 'value')}
          {bars
            .map((bar) => ({ bar, foot: { ...placeOf(bar), y: 0 }, top: { ...placeOf(bar), y: bar.value / most } }))
            .sort((a, b) => at(b.foot).depth - at(a.foot).depth)
            .map(({ bar, foot, top }) => {
              const [low, high] = [at(foot), at(top)];
              return (
                <g key={`${bar.batch} ${bar.precision}`} data-tone={precisions.indexOf(bar.precision) % 5}>
                  <title>{`batch ${bar.batch}, ${bar.precision}: ${formatNumber(bar.value)} ${unit}`}</title>
                  <line className="bw-3d-bar" x1={low.x} y1={low.y} x2={high.x} y2={high.y} />
                  <circle className="bw-3d-top" cx={high.x} cy={high.y} r={6} />
                </g>
              );
            })}
          {batches.map((batch, n) => label({ x: share(n, batches.length), y: 0, z: -0.12 }, `${batch}`, `at ${batch}`))}
          {precisions.map((precision, n) =>
            label({ x: -0.14, y: 0, z: share(n, precisions.length) }, precision, `at ${precision}`),
          )}
          {label({ x: 0, y: 1.1, z: 0 }, `${formatNumber(most)} ${unit}`, 'most')}
        </svg>
      </div>
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={() => setRotation(START)}>
          Reset view
        </Button>
        <span className="bw-note">
          Drag it, or press the arrow keys. Across: batch size; in depth: precision; up: {metric}.
        </span>
      </Group>
    </>
  );
}

/** One small picture a precision, all with the same axis. */
function Multiples({
  bars: { bars, batches, precisions, most, unit },
  metric,
}: {
  bars: Bars;
  metric: string;
}): ReactNode {
  const [width, height, foot] = [240, 120, 18];
  const step = width / Math.max(1, batches.length);
  return (
    <div className="bw-multiples">
      {precisions.map((precision, tone) => (
        <figure key={precision}>
          <figcaption>
            {precision}, up to {formatNumber(most)} {unit}
          </figcaption>
          <svg
            viewBox={`0 0 ${width} ${height + foot}`}
            role="img"
            aria-label={`${metric} by batch size at ${precision}`}
            data-tone={tone % 5}
          >
            {bars
              .filter((bar) => bar.precision === precision)
              .map(({ batch, value }) => {
                const tall = (height * value) / most;
                return (
                  <rect
                    key={batch}
                    className="bw-3d-top"
                    x={batches.indexOf(batch) * step + step * 0.15}
                    y={height - tall}
                    width={step * 0.7}
                    height={tall}
                  >
                    <title>{`batch ${batch}: ${formatNumber(value)} ${unit}`}</title>
                  </rect>
                );
              })}
            {batches.map((batch, n) => (
              <text key={batch} className="bw-3d-label" x={(n + 0.5) * step} y={height + 13} textAnchor="middle">
                {batch}
              </text>
            ))}
          </svg>
        </figure>
      ))}
    </div>
  );
}
