import { call } from '@benchwire/shared/client/http-client.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { Button, Group, Table } from '@mantine/core';
import { useReducedMotion } from '@mantine/hooks';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { useGet } from '../../api/use-api.ts';
import { formatNumber } from '../../format/numbers.ts';
import { formatWholeTime } from '../../format/times.ts';
import { Panel } from '../../parts/panel.tsx';
import { RunLink } from '../../parts/run-link.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { type Frame, framesOf } from './frames.ts';
import type { Matrix } from './matrix.ts';

const STEP_MS = 700;

interface HistoryPlayerProps {
  matrix: Matrix;
  metric: string;
  nameOf: (fingerprint: string) => string;
}

/** The matrix as it was after each run, one after the other. */
export function HistoryPlayer({ matrix, metric, nameOf }: HistoryPlayerProps): ReactNode {
  const history = useGet(call('GET /api/matrix/history', { query: { metric } }));
  return (
    <Answer of={history} height={200}>
      {({ items, truncated }) => (
        <Player
          frames={framesOf(items.filter(({ series_id }) => isIn(matrix, series_id)))}
          {...{ matrix, metric, nameOf, truncated }}
        />
      )}
    </Answer>
  );
}

const isIn = ({ lines }: Matrix, series_id: string): boolean =>
  lines.some(({ shown }) => [...shown.values()].some(({ cell }) => cell.series_id === series_id));

function Player(props: HistoryPlayerProps & { frames: readonly Frame[]; truncated: boolean }): ReactNode {
  const { frames, matrix, metric, nameOf, truncated } = props;
  const last = frames.length - 1;
  const [chosen, setChosen] = useState<number | null>(null);
  const [playing, setPlaying] = useState(false);
  const at = Math.min(chosen ?? last, last);
  // Who wants no motion steps through by hand.
  const still = useReducedMotion(false, { getInitialValueInEffect: false });
  const runs = playing && !still && at < last;
  useEffect(() => {
    if (!runs) return;
    const timer = setTimeout(() => setChosen(at + 1), STEP_MS);
    return () => clearTimeout(timer);
  }, [runs, at]);
  const frame = frames[at];
  if (frame === undefined)
    return <Empty title={`No history of ${metric} yet`}>Each run that measures it adds a step.</Empty>;
  const step = (by: number): void => {
    setPlaying(false);
    setChosen(Math.min(last, Math.max(0, at + by)));
  };
  return (
    <Panel title={`${metric}, run by run`} aside={<RunLink run_id={frame.run_id} name={formatWholeTime(frame.at)} />}>
      <Group gap="xs" mb={8}>
        <Button size="xs" variant="default" onClick={() => step(-1)} disabled={at === 0}>
          Previous run
        </Button>
        {!still && (
          <Button
            size="xs"
            onClick={() => {
              if (!runs && at === last) setChosen(0);
              setPlaying(!runs);
            }}
          >
            {runs ? 'Pause' : 'Play'}
          </Button>
        )}
        <Button size="xs" variant="default" onClick={() => step(1)} disabled={at === last}>
          Next run
        </Button>
        <input
          className="bw-player"
          type="range"
          aria-label="Run"
          aria-valuetext={`run ${at + 1} of ${frames.length}, ${formatWholeTime(frame.at)}`}
          min={0}
          max={last}
          value={at}
          onChange={(event) => step(Number(event.currentTarget.value) - at)}
        />
        <span className="bw-dim">
          run {at + 1} of {frames.length}
        </span>
      </Group>
      <FrameTable frame={frame} matrix={matrix} nameOf={nameOf} />
      <p className="bw-note">
        What the run measured is bold; the rest is as runs before it left it.
        {still && ' Your system asks for reduced motion, so there is no automatic play.'}
        {truncated && ' Only a part of the series fits.'}
      </p>
    </Panel>
  );
}

function FrameTable({
  frame,
  matrix: { lines, hardware, unit },
  nameOf,
}: {
  frame: Frame;
  matrix: Matrix;
  nameOf: (fingerprint: string) => string;
}): ReactNode {
  const columns = useMemo(
    () => hardware.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b), 'en', { numeric: true })),
    [hardware, nameOf],
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reached by the keyboard
    <section className="bw-table" aria-label="Matrix after this run" tabIndex={0}>
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Model</Table.Th>
            {columns.map((id) => (
              <Table.Th key={id} scope="col" data-numeric>
                {nameOf(id)} <span className="bw-unit">{unit}</span>
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map(({ key, model, precision, shown }) => (
            <Table.Tr key={key}>
              <Table.Td title={model}>
                {modelName(model)} <span className="bw-dim">{precision}</span>
              </Table.Td>
              {columns.map((id) => {
                const series_id = shown.get(id)?.cell.series_id ?? '';
                const value = formatNumber(frame.values.get(series_id));
                return (
                  <Table.Td key={id} data-numeric>
                    {frame.measured.has(series_id) ? <strong>{value}</strong> : value}
                  </Table.Td>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
