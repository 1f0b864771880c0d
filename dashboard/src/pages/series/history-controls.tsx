import { Button, Checkbox, Group, SegmentedControl, Select, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { dayOf } from '../../parts/list/days.ts';
import type { ValueScale } from './history-view.ts';
import { PRESETS } from './time-range.ts';

const AXES = [
  { value: 'run', label: 'by run' },
  { value: 'commit', label: 'by commit' },
  { value: 'time', label: 'by time' },
];
const SCALES: Array<{ value: ValueScale; label: string }> = [
  { value: 'data', label: 'axis to the data' },
  { value: 'zero', label: 'axis from zero' },
  { value: 'log', label: 'logarithmic axis' },
  { value: 'percent', label: '% from the level' },
  { value: 'first', label: '% of the first point' },
];
const ON_DEMAND = [
  ['interval', 'Interval'],
  ['outliers', 'Outliers'],
  ['guesses', 'Trend and forecast'],
] as const;

/** What of the picture of a series is in the address. */
export interface HistoryView extends Record<string, string> {
  axis: string;
  values: string;
  zoom: string;
  since: string;
  until: string;
  interval: string;
  outliers: string;
  guesses: string;
  with: string;
}

interface ControlProps {
  view: HistoryView;
  change: (change: Partial<HistoryView>) => void;
}

/** How the picture is drawn. */
export function ViewControls({ view, change }: ControlProps): ReactNode {
  return (
    <Group gap="sm">
      {ON_DEMAND.map(([name, label]) => (
        <Checkbox
          key={name}
          size="xs"
          label={label}
          checked={view[name] !== ''}
          onChange={(event) => change({ [name]: event.currentTarget.checked ? 'shown' : '' })}
        />
      ))}
      <Select
        size="xs"
        w={170}
        data={SCALES}
        value={view.values}
        onChange={(values) => change({ values: values ?? 'data' })}
        allowDeselect={false}
        aria-label="Values"
      />
      <SegmentedControl
        size="xs"
        data={AXES}
        value={view.axis}
        onChange={(axis) => change({ axis, zoom: '' })}
        aria-label="Axis"
      />
    </Group>
  );
}

/** Which part of the time is shown, and which series are added. */
export function RangeControls({ view, change, children }: ControlProps & { children: ReactNode }): ReactNode {
  const preset = PRESETS.some(({ value }) => value === view.since) && view.until === '' ? view.since : 'days';
  const day = (name: 'since' | 'until', label: string): ReactNode => (
    <TextInput
      type="date"
      size="xs"
      aria-label={label}
      leftSection={<span className="bw-dim">{label.toLowerCase()}</span>}
      leftSectionWidth={44}
      value={dayOf(view[name])}
      onChange={(event) => change({ [name]: event.currentTarget.value, zoom: '' })}
      w={165}
    />
  );
  return (
    <Group gap="xs" mb={8}>
      <SegmentedControl
        size="xs"
        data={[...PRESETS]}
        value={preset}
        onChange={(since) => change({ since, until: '', zoom: '' })}
        aria-label="Range"
      />
      {day('since', 'From')}
      {day('until', 'Until')}
      {children}
      {view.zoom !== '' && (
        <Button size="compact-sm" variant="default" onClick={() => change({ zoom: '' })}>
          Reset zoom
        </Button>
      )}
    </Group>
  );
}
